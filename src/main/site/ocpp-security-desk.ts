import { networkInterfaces } from "node:os";
import type { OcppDoor, OcppRequest, StationSecurity } from "../../contract/index.ts";
import type { OcppAnswered } from "../devices/ocpp/ask-station.ts";
import type { CommandReply } from "../devices/ports.ts";
import type { OcppStore } from "../storage/ocpp-types.ts";
import type { Devices } from "./open-devices.ts";
import { reachableUrl } from "./reachable-url.ts";

/** By which way OCPP stations come in, for who sets that up. */
export interface OcppSecurityDesk {
  door(): OcppDoor;
  station(identity: string): StationSecurity | "not-found";
  /** `conflict`: there is no TLS that it could come by. */
  requireTls(identity: string, required: boolean): StationSecurity | "not-found" | "conflict";
  sendCa(stationId: string): Promise<CommandReply | "not-found" | "conflict">;
  /** `conflict`: there is no place to keep one, or it could not be kept. */
  replaceCa(): Promise<OcppDoor | "conflict">;
}

/** Everything is read afresh at each call. */
export function ocppSecurityDesk(options: {
  readonly devices: Pick<Devices, "ocpp" | "certificates">;
  readonly store: OcppStore;
  readonly ask: (stationId: string, request: OcppRequest) => Promise<OcppAnswered | "not-found">;
}): OcppSecurityDesk {
  const { devices, store, ask } = options;
  const { ocpp, certificates } = devices;
  const hasTls = (): boolean => (certificates?.shown().length ?? 0) > 0;
  const url = (): string => reachableUrl(ocpp.url, networkInterfaces());
  const isKnown = (identity: string): boolean =>
    ocpp.stations.some((one) => one.identity === identity) || ocpp.waiting().some((one) => one.identity === identity);
  const door = (): OcppDoor => ({
    url: url(),
    tlsUrl: hasTls() ? url().replace(/^ws:/u, "wss:") : null,
    ca: certificates?.ca() ?? null,
    problem: certificates?.problem() ?? null,
    failures: [...ocpp.door.handshakeFailures()],
  });
  const station = (identity: string): StationSecurity | "not-found" =>
    isKnown(identity) ? securityOf(store, identity) : "not-found";
  return {
    door,
    station,
    requireTls(identity, required) {
      if (!isKnown(identity)) return "not-found";
      if (required && !hasTls()) return "conflict";
      store.setRequiresTls(identity, required);
      if (required) ocpp.cutUnencrypted(identity);
      return securityOf(store, identity);
    },
    async sendCa(stationId) {
      const certificate = certificates?.ca()?.pem;
      if (certificate === undefined) return "conflict";
      const reply = await ask(stationId, {
        do: "install-certificate",
        kind: "CentralSystemRootCertificate",
        certificate,
      });
      return reply === "not-found" || !reply.ok ? reply : { ok: true };
    },
    async replaceCa() {
      if (certificates === null) return "conflict";
      return (await certificates.replaceCa()) ? door() : "conflict";
    },
  };
}

function securityOf(store: OcppStore, identity: string): StationSecurity {
  const { requiresTls, came } = store.security(identity);
  return {
    identity,
    requiresTls,
    asksPassword: store.passwords(identity).length > 0,
    came: came === null ? null : { ...came },
    profile: came === null ? null : profileOf(came),
  };
}

/** OCPP 1.6 security whitepaper, 2; TLS alone is none of its profiles. */
function profileOf({ encrypted, withPassword }: NonNullable<StationSecurity["came"]>): StationSecurity["profile"] {
  if (encrypted) return withPassword ? 2 : null;
  return withPassword ? 1 : 0;
}
