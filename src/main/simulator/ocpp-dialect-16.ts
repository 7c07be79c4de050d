import type { Dialect, SpokenBox } from "./ocpp-dialect.ts";
import { withNumbers, type MeterValue } from "./ocpp-meter-values.ts";
import { answerRequest } from "./ocpp-requests.ts";
import type { RequestedStation, Transaction } from "./ocpp-station.types.ts";
import { idTagInfo, startReply } from "./ocpp-wire.ts";

/** OCPP 1.6J with the bad habits of the box's personality. */
export function createDialect16(box: SpokenBox & RequestedStation): Dialect {
  const { identity, vendor, model, firmware, quirks = {} } = box.options;
  const shown = (sample: MeterValue): object => (quirks.numericValues === true ? withNumbers(sample) : sample);
  const idOf = (transaction: Transaction): number =>
    quirks.forgetsTransactionId === true ? -1 : (transaction.id ?? -1);
  return {
    protocols: quirks.noSubprotocol === true ? [] : ["ocpp1.6"],
    boot: () => ({
      method: "BootNotification",
      params: {
        chargePointVendor: vendor ?? "Chargehand",
        chargePointModel: model ?? "Simulated 1.6J",
        chargePointSerialNumber: identity.slice(0, 25),
        firmwareVersion: firmware ?? "1.0",
      },
    }),
    greeting: () => statusOf(0, "Available", "NoError", box.timestamp()),
    status: () => statusOf(1, box.status, box.errorCode, box.timestamp()),
    authorize: (idTag) => ({ method: "Authorize", params: { idTag } }),
    isAccepted(answer) {
      const reply = idTagInfo.safeParse(answer);
      return reply.success && reply.data.idTagInfo.status === "Accepted";
    },
    started(transaction, refused) {
      const { idToken: idTag, meterStart_Wh: meterStart } = transaction;
      const { reservationId } = transaction;
      const reserved = reservationId === null ? {} : { reservationId };
      const params = { connectorId: 1, idTag, meterStart, timestamp: box.timestamp(), ...reserved };
      const onReply = (answer: unknown): void => {
        const reply = startReply.safeParse(answer);
        if (!reply.success) return;
        transaction.id ??= reply.data.transactionId;
        if (reply.data.idTagInfo.status !== "Accepted") refused();
      };
      return { method: "StartTransaction", params: () => params, onReply, thinnable: false };
    },
    ended(transaction, reason) {
      // OCPP 1.6: Local is the default and may be left out; boxes differ, this one always says it.
      const stop = {
        idTag: transaction.idToken,
        meterStop: box.evse.register_Wh,
        timestamp: box.timestamp(),
        reason,
      };
      const params = (): object => ({ transactionId: idOf(transaction), ...stop });
      return { method: "StopTransaction", params, thinnable: false };
    },
    sampled(transaction, sample) {
      const values = { connectorId: 1, meterValue: [shown(sample)] };
      // Its start was refused for good: there is no transaction these values could belong to.
      const params = (): object | null =>
        transaction.id === null ? null : { ...values, transactionId: idOf(transaction) };
      return { method: "MeterValues", params, thinnable: true };
    },
    alone: (sample) => ({ method: "MeterValues", params: { connectorId: 1, meterValue: [shown(sample)] } }),
    moved: () => undefined,
    answer: (method, params) => answerRequest(box, method, params),
  };
}

const statusOf = (connectorId: number, status: string, errorCode: string, timestamp: string) => ({
  method: "StatusNotification",
  params: { connectorId, errorCode, status, timestamp },
});
