import { hostname, networkInterfaces } from "node:os";
import type { OcppDevices } from "../../devices/ocpp/create-ocpp-devices.ts";
import type { Clock } from "../../devices/ports.ts";
import type { Log } from "../../log.ts";
import type { Stores } from "../../storage/types.ts";
import type { KeyKind } from "./issue.ts";
import { createOwnCertificates, type OwnCertificates } from "./own-certificates.ts";
import { ownNames } from "./own-names.ts";

/** Real milliseconds: how soon a new address of this machine is in the certificate. */
const LOOK_EVERY_MS = 60_000;
/** BoringSSL, which Electron brings, shows one certificate; RSA is what every box can do. */
const KINDS: readonly KeyKind[] = "electron" in process.versions ? ["rsa"] : ["rsa", "ec"];

export type OcppCertificates = Omit<OwnCertificates, "refresh"> & { stop(): void };

/**
 * Has the OCPP server show the site's own certificates, made where there are none, and looks after them until `stop`.
 * What is wrong with their files is an alert; stations without TLS are not touched by it.
 */
export async function keepOcppCertificates(options: {
  readonly dataFolder: string;
  readonly listensOn: string;
  readonly door: Pick<OcppDevices["door"], "showCertificates">;
  readonly stores: Pick<Stores, "alerts" | "ocpp">;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<OcppCertificates> {
  const { door, clock, log } = options;
  const { alerts, ocpp } = options.stores;
  const own = createOwnCertificates({
    dataFolder: options.dataFolder,
    // Certificates are of the calendar, also where the site's clock runs faster.
    now_ms: () => Date.now(),
    names: () => ownNames({ hostname: hostname(), listensOn: options.listensOn, interfaces: networkInterfaces() }),
    kinds: KINDS,
    wasUsed: () => ocpp.anyEncrypted(),
    log,
  });
  let told: string | null = null;
  let isStopped = false;
  const tell = (): void => {
    const problem = own.problem();
    const now_ms = clock.now_ms();
    if (problem === null) alerts.end("ocpp-certificates", "ocpp", now_ms);
    else if (problem.code !== told)
      alerts.raise({ code: "ocpp-certificates", severity: "degraded", ref: "ocpp", inputs: { ...problem } }, now_ms);
    told = problem?.code ?? null;
  };
  /** Keys that OpenSSL does not take would be found here; the site goes on without TLS. */
  const show = (isNew: boolean): void => {
    if (isStopped) return;
    try {
      if (isNew) door.showCertificates(own.shown());
    } catch (error) {
      log.error({ err: error }, "the certificates for chargers could not be shown");
    }
    try {
      tell();
    } catch (error) {
      log.error({ err: error }, "the state of the certificates for chargers could not be told");
    }
  };
  show(await own.refresh());
  const timer = setInterval(() => {
    void own.refresh().then(show);
  }, LOOK_EVERY_MS);
  timer.unref();
  return {
    ...own,
    async replaceCa() {
      const isNew = await own.replaceCa();
      show(isNew);
      return isNew;
    },
    stop: () => {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
