import { z } from "zod";
import type { ChargingStatus, StopReason } from "../devices/ports.ts";
import type { BootCause, Dialect, Message, SpokenBox } from "./ocpp-dialect.ts";
import { meterValue, type MeterValue } from "./ocpp-meter-values.ts";
import type { OutboxMessage } from "./ocpp-outbox.ts";
import { answerRequest201 } from "./ocpp-requests-201.ts";
import type { OcppStationOptions, RequestedStation, Transaction } from "./ocpp-station.types.ts";
import { createVariables } from "./ocpp-variables.ts";

const EVSE = { id: 1, connectorId: 1 } as const;
const tokenInfo = z.object({ idTokenInfo: z.object({ status: z.string() }) });

/** What a connector can say in 2.0.1; everything with a car is "occupied". */
const CONNECTOR: Readonly<Partial<Record<ChargingStatus, string>>> = {
  Available: "Available",
  Faulted: "Faulted",
  Unavailable: "Unavailable",
  Reserved: "Reserved",
};
const CHARGING_STATE: Readonly<Partial<Record<ChargingStatus, string>>> = {
  Charging: "Charging",
  SuspendedEV: "SuspendedEV",
  SuspendedEVSE: "SuspendedEVSE",
  Faulted: "EVConnected",
};
const REASON: Readonly<Record<StopReason, string>> = {
  Local: "Local",
  Remote: "Remote",
  EVDisconnected: "EVDisconnected",
  DeAuthorized: "DeAuthorized",
  PowerLoss: "PowerLoss",
  Reboot: "Reboot",
  HardReset: "ImmediateReset",
  SoftReset: "Reboot",
  EmergencyStop: "EmergencyStop",
  UnlockCommand: "Other",
  Other: "Other",
};
const CONTEXT_TRIGGERS: ReadonlyMap<string, string> = new Map([
  ["Sample.Clock", "MeterValueClock"],
  ["Trigger", "Trigger"],
]);
const REGISTER = "Energy.Active.Import.Register";

type Spoken = {
  readonly trigger: string;
  readonly info?: object;
  readonly meterValue?: readonly object[];
  readonly idToken?: string;
  readonly thinnable: boolean;
};

/** Writes the events of transactions; what they are about is read from the box. */
function createTeller(box: SpokenBox) {
  let told: string | null = null;
  const stateNow = (): string => CHARGING_STATE[box.status] ?? "EVConnected";
  const event = (eventType: string, transaction: Transaction, spoken: Spoken): OutboxMessage => {
    const { trigger, info, idToken, meterValue: values, thinnable } = spoken;
    const params = {
      eventType,
      timestamp: box.timestamp(),
      triggerReason: trigger,
      seqNo: transaction.seqNo,
      // Said when it was written down, not when it is sent.
      ...(box.isOnline ? {} : { offline: true }),
      transactionInfo: { transactionId: transaction.name, ...info },
      ...(eventType !== "Started" || transaction.reservationId === null
        ? {}
        : { reservationId: transaction.reservationId }),
      evse: EVSE,
      ...(idToken === undefined ? {} : { idToken: central(idToken) }),
      ...(values === undefined ? {} : { meterValue: values }),
    };
    transaction.seqNo += 1;
    return { method: "TransactionEvent", params: () => params, of: transaction.name, thinnable };
  };
  const updated = (transaction: Transaction, trigger: string): void => {
    told = stateNow();
    box.queue(event("Updated", transaction, { trigger, info: { chargingState: told }, thinnable: true }));
  };
  return {
    event,
    updated,
    /** The state a transaction begins in. */
    begin: (): string => (told = "EVConnected"),
    isNews: (): boolean => stateNow() !== told,
    register: (context: string): readonly object[] => {
      const { phases } = box.options;
      return [in201(meterValue(box.evse, REGISTER, { timestamp: box.timestamp(), context, phases }))];
    },
  };
}

/** OCPP 2.0.1: TransactionEvent with sequence numbers, the device model, and the same box behind. */
export function createDialect201(box: SpokenBox & RequestedStation): Dialect {
  const variables = createVariables(box);
  const { event, updated, register, begin, isNews } = createTeller(box);
  let resetsWhenIdle = false;
  return {
    protocols: ["ocpp2.0.1"],
    boot: (reason) => bootOf(box.options, reason),
    greeting: () => null,
    status: () => statusOf(box),
    authorize: (idToken) => ({ method: "Authorize", params: { idToken: central(idToken) } }),
    isAccepted(answer) {
      const reply = tokenInfo.safeParse(answer);
      return reply.success && reply.data.idTokenInfo.status === "Accepted";
    },
    started(transaction, refused) {
      const { idToken } = transaction;
      const meterValues = register("Transaction.Begin");
      const remote = transaction.remoteStartId === null ? {} : { remoteStartId: transaction.remoteStartId };
      const info = { chargingState: begin(), ...remote };
      const trigger = transaction.remoteStartId === null ? "Authorized" : "RemoteStart";
      const message = event("Started", transaction, {
        trigger,
        info,
        idToken,
        meterValue: meterValues,
        thinnable: false,
      });
      const onReply = (answer: unknown): void => {
        const reply = tokenInfo.safeParse(answer);
        if (reply.success && reply.data.idTokenInfo.status !== "Accepted") refused();
      };
      return { ...message, onReply };
    },
    ended: (transaction, reason) =>
      event("Ended", transaction, {
        trigger: reason === "EVDisconnected" ? "EVCommunicationLost" : "StopAuthorized",
        info: { stoppedReason: REASON[reason] },
        meterValue: register("Transaction.End"),
        thinnable: false,
      }),
    sampled: (transaction, sample) =>
      event("Updated", transaction, {
        trigger: CONTEXT_TRIGGERS.get(sample.sampledValue[0]?.context ?? "") ?? "MeterValuePeriodic",
        meterValue: [in201(sample)],
        thinnable: true,
      }),
    alone: (sample) => ({ method: "MeterValues", params: { evseId: EVSE.id, meterValue: [in201(sample)] } }),
    moved() {
      const { transaction } = box;
      if (transaction !== null && isNews()) updated(transaction, "ChargingStateChanged");
      if (transaction !== null || !resetsWhenIdle) return;
      resetsWhenIdle = false;
      box.reboot("SoftReset");
    },
    answer: (method, params) =>
      answerRequest201(box, method, params, {
        variables,
        resetWhenIdle: () => {
          resetsWhenIdle = true;
        },
        tellTransaction: () => {
          if (box.transaction !== null) updated(box.transaction, "Trigger");
        },
      }),
  };
}

const statusOf = (box: SpokenBox): Message => ({
  method: "StatusNotification",
  params: {
    timestamp: box.timestamp(),
    connectorStatus: CONNECTOR[box.status] ?? "Occupied",
    evseId: EVSE.id,
    connectorId: EVSE.connectorId,
  },
});

const bootOf = ({ vendor, model, identity, firmware }: OcppStationOptions, reason: BootCause): Message => ({
  method: "BootNotification",
  params: {
    reason,
    chargingStation: {
      vendorName: vendor ?? "Chargehand",
      model: (model ?? "Simulated 2.0.1").slice(0, 20),
      serialNumber: identity.slice(0, 25),
      firmwareVersion: firmware ?? "2.0",
    },
  },
});

const central = (idToken: string): object => ({ idToken, type: "ISO14443" });

/** The same values in the newer form: numbers, and the unit as an object. */
const in201 = ({ timestamp, sampledValue }: MeterValue): object => ({
  timestamp,
  sampledValue: sampledValue.map(({ value, unit, format: _format, ...rest }) => ({
    ...rest,
    value: Number(value),
    unitOfMeasure: { unit },
  })),
});
