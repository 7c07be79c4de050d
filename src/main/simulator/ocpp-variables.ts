import type { SpokenBox } from "./ocpp-dialect.ts";

// OCPP 2.0.1 part 2, appendix 3: the device model of this box. Most variables are its settings under another name.

const SETTINGS: ReadonlyMap<string, string> = new Map([
  ["AlignedDataCtrlr.Interval", "ClockAlignedDataInterval"],
  ["AlignedDataCtrlr.Measurands", "MeterValuesAlignedData"],
  ["AuthCtrlr.AuthorizeRemoteStart", "AuthorizeRemoteTxRequests"],
  ["AuthCtrlr.OfflineTxForUnknownIdEnabled", "AllowOfflineTxForUnknownId"],
  ["LocalAuthListCtrlr.Enabled", "LocalAuthListEnabled"],
  ["OCPPCommCtrlr.HeartbeatInterval", "HeartbeatInterval"],
  ["OCPPCommCtrlr.WebSocketPingInterval", "WebSocketPingInterval"],
  ["SampledDataCtrlr.TxUpdatedInterval", "MeterValueSampleInterval"],
  ["SampledDataCtrlr.TxUpdatedMeasurands", "MeterValuesSampledData"],
  ["SmartChargingCtrlr.Entries", "MaxChargingProfilesInstalled"],
  ["SmartChargingCtrlr.ProfileStackLevel", "ChargeProfileMaxStackLevel"],
  ["SmartChargingCtrlr.RateUnit", "ChargingScheduleAllowedChargingRateUnit"],
  ["TxCtrlr.EVConnectionTimeOut", "ConnectionTimeOut"],
]);
const PASSWORD = "SecurityCtrlr.BasicAuthPassword";
/** Holds after a restart only. */
const ZONE = "ClockCtrlr.TimeZone";
const VALUE_CHARS_MAX = 1000;

export type SetStatus = "Accepted" | "RebootRequired" | "Rejected" | "UnknownVariable";
export type Variables = {
  /** `null`: unknown here. A secret reads as "write only". */
  get(name: string): { readonly status: "Accepted" | "Rejected"; readonly value: string } | null;
  set(name: string, value: string): SetStatus;
  /** Whether it can only be read. */
  isFixed(name: string): boolean;
  /** Every variable that may be read, as `Component.Variable`. */
  all(): readonly (readonly [string, string])[];
};

/** The device model of one box. */
export function createVariables(
  box: Pick<SpokenBox, "options" | "configuration"> & { newPassword(password: string): void },
): Variables {
  const { options, configuration } = box;
  const fixed: ReadonlyMap<string, string> = new Map([
    ["ChargingStation.Model", options.model ?? "Simulated 2.0.1"],
    ["ChargingStation.VendorName", options.vendor ?? "Chargehand"],
    ["ChargingStation.SupplyPhases", String(options.phases)],
    ["EVSE.Power", String(Math.floor((options.current_mA_max * 230 * options.phases) / 1000))],
    ["LocalAuthListCtrlr.BytesPerMessage", "20000"],
    ["LocalAuthListCtrlr.ItemsPerMessage", "50"],
    ["OCPPCommCtrlr.FileTransferProtocols", "FTP,HTTP,HTTPS"],
    ["SecurityCtrlr.SecurityProfile", "1"],
    ["SmartChargingCtrlr.Enabled", "true"],
  ]);
  const own = new Map([
    [ZONE, "Europe/Berlin"],
    ["SampledDataCtrlr.TxStartedMeasurands", "Energy.Active.Import.Register"],
    ["SampledDataCtrlr.TxEndedMeasurands", "Energy.Active.Import.Register"],
    ["TxCtrlr.TxStartPoint", "PowerPathClosed"],
    ["TxCtrlr.TxStopPoint", "EVConnected,Authorized"],
  ]);
  const read = (name: string): string | null => {
    const setting = SETTINGS.get(name);
    if (name === "SmartChargingCtrlr.RateUnit")
      return configuration
        .text(setting ?? "")
        .replace("Current", "A")
        .replace("Power", "W");
    return setting === undefined ? (own.get(name) ?? fixed.get(name) ?? null) : configuration.text(setting);
  };
  return {
    get(name) {
      if (name === PASSWORD) return { status: "Rejected", value: "" };
      const value = read(name);
      return value === null ? null : { status: "Accepted", value };
    },
    set(name, value) {
      if (value.length > VALUE_CHARS_MAX || options.rude === true || fixed.has(name)) return "Rejected";
      if (name === PASSWORD) {
        box.newPassword(value);
        return "Accepted";
      }
      const setting = SETTINGS.get(name);
      if (setting !== undefined) {
        const status = configuration.change(setting, value);
        return status === "NotSupported" ? "Rejected" : status;
      }
      if (!own.has(name)) return "UnknownVariable";
      own.set(name, value);
      return name === ZONE ? "RebootRequired" : "Accepted";
    },
    isFixed: (name) => fixed.has(name) || configuration.isReadOnly(SETTINGS.get(name) ?? ""),
    all: () =>
      [...fixed.keys(), ...own.keys(), ...SETTINGS.keys()].map((name): readonly [string, string] => [
        name,
        read(name) ?? "",
      ]),
  };
}
