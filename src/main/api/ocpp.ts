import type { Application } from "../site/engine.types.ts";
import { badField, type Implementer, siteOf } from "./base.ts";

/** OCPP 2.0.1 part 2, BasicAuthPassword; a 1.6 box takes 16 to 20 of them. */
const PASSWORD_FOR_BOX = /^[A-Za-z0-9*\-_=:+|@.]{16,40}$/u;

/** What only stations that speak OCPP have. */
export function ocppGroup({ ocpp }: Implementer, app: Application) {
  return {
    setPassword: ocpp.setPassword.handler(async ({ input, errors }) => {
      const { password, tellBox } = input;
      if (tellBox && (password === null || !PASSWORD_FOR_BOX.test(password)))
        throw badField("password", "a station takes 16 to 40 letters, digits and *-_=:+|@. as a new password");
      const reply = await siteOf(app).setOcppPassword(input);
      if (reply === "not-found") throw errors.NOT_FOUND();
      if (reply.ok) return { accepted: true } as const;
      const { code, retry, detail } = reply;
      throw errors.DEVICE_FAILED({ data: { code, retry, detail } });
    }),
    ask: ocpp.ask.handler(async ({ input, errors }) => {
      const reply = await siteOf(app).askOcpp(input.stationId, input.request);
      if (reply === "not-found") throw errors.NOT_FOUND();
      if (reply.ok) return { answer: { ...reply.answer } };
      const { code, retry, detail } = reply;
      throw errors.DEVICE_FAILED({ data: { code, retry, detail } });
    }),
    beyond: ocpp.beyond.handler(({ input, errors }) => {
      const beyond = siteOf(app).ocppBeyond(input.stationId);
      if (beyond === null) throw errors.NOT_FOUND();
      return beyond;
    }),
  };
}
