import { join } from "node:path";
import { createOcppDevices } from "../devices/ocpp/create-ocpp-devices.ts";
import { readVendorRows } from "../devices/ocpp/vendor-rows.ts";
import type { DeviceRecord } from "../devices/device-record.ts";
import type { Clock, DeviceListener } from "../devices/ports.ts";
import type { Log } from "../log.ts";
import type { Stores, StoredSite } from "../storage/types.ts";
import { checkCard, OWNER_TOKEN } from "./access.ts";
import { keepOcppCertificates, type OcppCertificates } from "./certificates/ocpp-certificates.ts";
import { createOcppAccess } from "./ocpp-access.ts";
import type { SessionRecorder } from "./recorder.ts";
import type { SiteState } from "./state.ts";
import { openWiredDevices, type WiredDevices, type WireHealth } from "./wired-devices.ts";

export type DeviceOptions = {
  readonly stored: StoredSite;
  readonly stores: Stores;
  readonly site: SiteState;
  readonly recorder: SessionRecorder;
  readonly clock: Clock;
  /** `resources/` of the app, and the owner's own profiles in the data folder, which win. */
  readonly resources: string;
  readonly ownProfiles: string;
  /** `tls` left out: the site makes its own certificates, where it has a data folder. */
  readonly ocpp: { readonly host: string; readonly port: number; readonly tls?: boolean };
  readonly dataFolder?: string;
  readonly emit: DeviceListener;
  readonly log: Log;
};

export type Devices = {
  readonly ocpp: Awaited<ReturnType<typeof createOcppDevices>>;
  /** `null`: there is no folder for them. */
  readonly certificates: OcppCertificates | null;
  wireHealth(): WireHealth;
  readonly buses: WiredDevices["buses"];
  /** What was said lately with a station or meter that we call; `null`: there is none such. */
  recordOf(id: string): DeviceRecord | null;
  close(): Promise<void>;
};

/** Opens every link of the site, lets OCPP boxes dial in, and gives each station its port. */
export async function openDevices(options: DeviceOptions): Promise<Devices> {
  const { stored, stores, site, recorder, clock, emit, log } = options;
  const wired = openWiredDevices({
    site: stored.model,
    clock,
    profileFolders: [options.ownProfiles, join(options.resources, "devices")],
    // A box that is polled cannot be asked to say it again, but its next reading says the same: polling must go on.
    emit: (event) => {
      try {
        emit(event);
      } catch (error) {
        log.error({ err: error, kind: event.kind }, "what a device said could not be stored");
      }
    },
    log,
  });
  const vendors = readVendorRows(join(options.resources, "devices", "ocpp-vendors.yaml"));
  if (!vendors.ok) log.error({ problem: vendors.problem }, "the vendor rows of OCPP boxes cannot be used");
  const access = createOcppAccess({ stores, clock, log });
  const ocpp = await createOcppDevices({
    stations: stored.model.stations.filter((station) => station.connection.kind === "ocpp"),
    ...options.ocpp,
    on: {
      clock,
      emit,
      authorize: (idToken, stationId) => checkCard(stores, stored.access, idToken, stationId, clock.now_ms()),
      transactionIdFor: (start) => recorder.transactionIdFor(start, clock.now_ms()),
      stationOfTransaction: (transactionId, stationIds) =>
        stationIds.find((id) => site.stations.get(id)?.evse.running?.opened.transactionId === transactionId) ??
        stationIds.find((id) => stores.sessions.findByTransaction(id, transactionId) !== null) ??
        null,
      unendedTransaction: (stationId) => site.stations.get(stationId)?.evse.running?.opened.transactionId ?? null,
      remoteStartToken: () => (stored.access.cards === "any" ? OWNER_TOKEN : null),
      admit: (caller) => access.admit(caller),
      facts: {
        load: (identity, connectorId) => stores.ocpp.facts(identity, connectorId),
        save: (identity, connectorId, facts) => {
          stores.ocpp.saveFacts(identity, connectorId, facts);
        },
      },
      reported: (identity, report) => {
        stores.ocppRecord.addReport(identity, report);
      },
      ...(vendors.ok ? { vendorRows: vendors.rows } : {}),
      log: ({ level, message, data }) => {
        log[level](data ?? {}, message);
      },
    },
  }).catch(async (error: unknown) => {
    await wired.stop();
    throw error;
  });
  for (const port of [...wired.stations, ...ocpp.stations]) {
    const state = site.stations.get(port.stationId);
    if (state !== undefined) state.port = port;
  }
  const certificates = await certificatesFor(options, ocpp.door);
  return {
    ocpp,
    certificates,
    wireHealth: () => wired.health(),
    buses: wired.buses,
    recordOf: (id) => wired.recordOf(id),
    close: async () => {
      certificates?.stop();
      await Promise.all([wired.stop(), ocpp.close()]);
    },
  };
}

/** The site's own, where it has a folder to keep them in. */
function certificatesFor(
  { dataFolder, ocpp, stores, clock, log }: DeviceOptions,
  door: Devices["ocpp"]["door"],
): Promise<OcppCertificates | null> {
  if (dataFolder === undefined || ocpp.tls === false) return Promise.resolve(null);
  return keepOcppCertificates({ dataFolder, listensOn: ocpp.host, door, stores, clock, log });
}
