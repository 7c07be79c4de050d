import { PERIODS_MAX, PROFILES_MAX, STACK_LEVEL_max } from "./charging-profiles.ts";

type Key = { value: string; readonly: boolean; number: boolean };

/** OCPP 1.6 part 2, chapter 9: the keys this station has, with their values at delivery. */
const DEFAULTS: readonly (readonly [string, string, "rw" | "ro", "number" | "text"])[] = [
  ["AllowOfflineTxForUnknownId", "true", "rw", "text"],
  ["AuthorizeRemoteTxRequests", "false", "rw", "text"],
  ["AuthorizationCacheEnabled", "false", "rw", "text"],
  ["ClockAlignedDataInterval", "0", "rw", "number"],
  ["ConnectionTimeOut", "60", "rw", "number"],
  ["ConnectorPhaseRotation", "0.RST,1.RST", "rw", "text"],
  ["GetConfigurationMaxKeys", "50", "ro", "number"],
  ["HeartbeatInterval", "300", "rw", "number"],
  ["LightIntensity", "80", "rw", "number"],
  ["LocalAuthListEnabled", "true", "rw", "text"],
  ["LocalAuthListMaxLength", "1000", "ro", "number"],
  ["LocalAuthorizeOffline", "true", "rw", "text"],
  ["LocalPreAuthorize", "false", "rw", "text"],
  ["MeterValuesAlignedData", "Energy.Active.Import.Register", "rw", "text"],
  [
    "MeterValuesSampledData",
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,Current.Offered",
    "rw",
    "text",
  ],
  ["MeterValueSampleInterval", "60", "rw", "number"],
  ["NumberOfConnectors", "1", "ro", "number"],
  ["ResetRetries", "3", "rw", "number"],
  ["SendLocalListMaxLength", "50", "ro", "number"],
  ["StopTransactionOnEVSideDisconnect", "true", "rw", "text"],
  ["StopTransactionOnInvalidId", "true", "rw", "text"],
  ["StopTxnAlignedData", "", "rw", "text"],
  ["StopTxnSampledData", "", "rw", "text"],
  [
    "SupportedFeatureProfiles",
    "Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging",
    "ro",
    "text",
  ],
  ["SupportedFileTransferProtocols", "FTP,HTTP,HTTPS", "ro", "text"],
  ["TimeZone", "Europe/Berlin", "rw", "text"],
  ["TransactionMessageAttempts", "3", "rw", "number"],
  ["TransactionMessageRetryInterval", "10", "rw", "number"],
  ["UnlockConnectorOnEVSideDisconnect", "true", "rw", "text"],
  ["WebSocketPingInterval", "0", "rw", "number"],
  ["WifiPassword", "not for your eyes", "rw", "text"],
  ["ChargeProfileMaxStackLevel", String(STACK_LEVEL_max), "ro", "number"],
  ["ChargingScheduleAllowedChargingRateUnit", "Current,Power", "ro", "text"],
  ["ChargingScheduleMaxPeriods", String(PERIODS_MAX), "ro", "number"],
  ["MaxChargingProfilesInstalled", String(PROFILES_MAX), "ro", "number"],
];

/** Holds after a restart only. */
const ZONE = "TimeZone";
const VALUE_LENGTH_MAX = 500;

/** The station's settings. A `rude` station accepts no change at all. */
export function createConfiguration(rude: boolean, onlyUnit: "A" | "W" | null = null) {
  const keys = new Map<string, Key>(
    DEFAULTS.map(([name, value, access, type]) => [
      name,
      { value, readonly: access === "ro", number: type === "number" },
    ]),
  );
  if (onlyUnit !== null) {
    const units = onlyUnit === "A" ? "Current" : "Power";
    keys.set("ChargingScheduleAllowedChargingRateUnit", { value: units, readonly: true, number: false });
  }
  const text = (name: string): string => keys.get(name)?.value ?? "";
  return {
    text,
    seconds: (name: string): number => Number(text(name)),
    isTrue: (name: string): boolean => text(name).toLowerCase() === "true",
    isReadOnly: (name: string): boolean => keys.get(name)?.readonly === true,
    change(name: string, value: string): "Accepted" | "RebootRequired" | "Rejected" | "NotSupported" {
      const key = keys.get(name);
      if (key === undefined) return "NotSupported";
      if (rude || key.readonly || value.length > VALUE_LENGTH_MAX) return "Rejected";
      if (key.number && !/^\d{1,7}$/u.test(value)) return "Rejected";
      key.value = value;
      return name === ZONE ? "RebootRequired" : "Accepted";
    },
    /** All keys, or the asked ones and those unknown here. */
    read(asked: readonly string[]): {
      configurationKey: { key: string; readonly: boolean; value: string }[];
      unknownKey: string[];
    } {
      const names = asked.length === 0 ? [...keys.keys()] : asked;
      const configurationKey = names.flatMap((name) => {
        const key = keys.get(name);
        return key === undefined ? [] : [{ key: name, readonly: key.readonly, value: key.value }];
      });
      return { configurationKey, unknownKey: names.filter((name) => !keys.has(name)) };
    },
  };
}
export type Configuration = ReturnType<typeof createConfiguration>;
