import { isDefinedError, safe } from "@orpc/client";
import { createRouterClient } from "@orpc/server";
import { describe, expect, test } from "vitest";
import { createRouter } from "../../src/main/api/index.ts";
import { fakeApplication, fakeEngine, station } from "./fake-application.ts";

const client = () => {
  const router = createRouter(fakeApplication(fakeEngine([station("P01")])), {
    onFault: () => undefined,
    renderInvoice: () => Promise.resolve({ ok: true, bytes: new Uint8Array() }),
  });
  return createRouterClient(router, { context: { role: "owner" } });
};

describe("the password of a station", () => {
  test("is set and taken away by the owner", async () => {
    const { ocpp } = client();
    expect(await ocpp.setPassword({ identity: "CP-1", password: "open sesame" })).toEqual({ accepted: true });
    expect(await ocpp.setPassword({ identity: "CP-1", password: null })).toEqual({ accepted: true });
  });

  test("of a station that nobody knows is not found", async () => {
    const { error } = await safe(client().ocpp.setPassword({ identity: "CP-9", password: "open sesame" }));
    expect(isDefinedError(error) && error.code).toBe("NOT_FOUND");
  });

  test.each([["short"], [null], ["sixteen characters, with a comma"]])(
    "that a box could not take (%s) is not told to it",
    async (password) => {
      const { error } = await safe(client().ocpp.setPassword({ identity: "CP-1", password, tellBox: true }));
      expect(error).toMatchObject({ code: "BAD_REQUEST", data: { field: "password" } });
    },
  );
});

describe("what OCPP has beyond charging", () => {
  test("is asked of a station, and its answer passed on", async () => {
    const asked = { stationId: "P01", request: { do: "local-list-version" } } as const;
    expect(await client().ocpp.ask(asked)).toEqual({ answer: { version: 3 } });
  });

  test("is not asked of a station that does not speak it", async () => {
    const { error } = await safe(client().ocpp.ask({ stationId: "P09", request: { do: "clear-cache" } }));
    expect(isDefinedError(error) && error.code).toBe("NOT_FOUND");
  });
});
