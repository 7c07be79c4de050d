import { z } from "zod";
import type { Beyond, BeyondBox, Told } from "./ocpp-beyond.ts";

// OCPP 2.0.1: the same requests in the newer form, turned into those of 1.6 and their answers back.

const token = z.object({ idToken: z.string() });
const list = z.object({
  versionNumber: z.int(),
  updateType: z.string(),
  localAuthorizationList: z
    .array(z.object({ idToken: token, idTokenInfo: z.object({ status: z.string() }).optional() }))
    .default([]),
});
const reservation = z.object({ id: z.int(), expiryDateTime: z.string(), idToken: token, evseId: z.int().default(1) });
const firmware = z.object({ requestId: z.int(), firmware: z.object({ location: z.string() }) });
const installed = z.object({ certificateType: z.array(z.string()).default([]) });
const hashes = z.object({ status: z.string(), certificateHashData: z.array(z.looseObject({})).default([]) });

/** How it tells of its files: firmware and logs by the number of their request. */
export const told201 = (box: Pick<BeyondBox, "say">): Told => ({
  firmware: (status, requestId) => {
    box.say("FirmwareStatusNotification", { status, ...(requestId === null ? {} : { requestId }) });
  },
  diagnostics: (status) => {
    box.say("LogStatusNotification", { status });
  },
  log: (status, requestId) => {
    box.say("LogStatusNotification", { status, ...(requestId === 0 ? {} : { requestId }) });
  },
});

/** The answer to a request beyond charging; `null`: this box does not know it. */
export function answerBeyond201(beyond: Beyond, method: string, params: unknown, told: Told): object | null {
  const ask = (name: string, request: object): object | null => beyond.answer(name, request, told);
  switch (method) {
    case "GetLocalListVersion": {
      const answer = ask(method, {});
      return answer === null
        ? null
        : { versionNumber: Math.max(0, z.object({ listVersion: z.int() }).parse(answer).listVersion) };
    }
    case "SendLocalList": {
      const request = list.safeParse(params);
      if (!request.success) return { status: "Failed" };
      const { versionNumber: listVersion, updateType, localAuthorizationList } = request.data;
      const entries = localAuthorizationList.map(({ idToken, idTokenInfo }) => ({
        idTag: idToken.idToken,
        ...(idTokenInfo === undefined ? {} : { idTagInfo: idTokenInfo }),
      }));
      return ask(method, { listVersion, updateType, localAuthorizationList: entries });
    }
    case "ReserveNow": {
      const request = reservation.safeParse(params);
      if (!request.success) return { status: "Rejected" };
      const { id: reservationId, expiryDateTime: expiryDate, idToken, evseId: connectorId } = request.data;
      return ask(method, { reservationId, expiryDate, idTag: idToken.idToken, connectorId });
    }
    case "UpdateFirmware": {
      const request = firmware.safeParse(params);
      return request.success ? ask("SignedUpdateFirmware", request.data) : { status: "Rejected" };
    }
    case "GetInstalledCertificateIds": {
      const request = installed.safeParse(params);
      const [certificateType] = request.success ? request.data.certificateType : [];
      const answer = ask(method, certificateType === undefined ? {} : { certificateType });
      return answer === null ? null : chained(hashes.parse(answer), certificateType ?? "CSMSRootCertificate");
    }
    // Those of 1.6 have another name here.
    case "SignedUpdateFirmware":
    case "GetDiagnostics":
      return null;
    default:
      return ask(method, z.looseObject({}).catch({}).parse(params));
  }
}

const chained = ({ status, certificateHashData }: z.infer<typeof hashes>, certificateType: string): object =>
  certificateHashData.length === 0
    ? { status }
    : {
        status,
        certificateHashDataChain: certificateHashData.map((hash) => ({ certificateType, certificateHashData: hash })),
      };
