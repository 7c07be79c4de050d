import type { IncomingMessage, ServerResponse } from "node:http";
import { OpenAPIGenerator } from "@orpc/openapi";
import { OpenAPIHandler } from "@orpc/openapi/node";
import { ZodToJsonSchemaConverter } from "@orpc/zod/zod4";
import { BodyLimitPlugin } from "@orpc/server/node";
import { contract } from "../../contract/index.ts";
import type { ApiRouter } from "../api/index.ts";

const BODY_BYTES_MAX = 2_500_000;
const PREFIX = "/api";

export type Rest = {
  /** False: no such path below /api. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
  readonly document: () => Promise<string>;
};

/** The contract as REST at /api, and its description for other programs. */
export function createRest(router: ApiRouter, version: string): Rest {
  const handler = new OpenAPIHandler(router, { plugins: [new BodyLimitPlugin({ maxBodySize: BODY_BYTES_MAX })] });
  let document: Promise<string> | null = null;
  return {
    answer: async (request, response) => {
      const { matched } = await handler.handle(request, response, { prefix: PREFIX, context: { role: "owner" } });
      return matched;
    },
    document: () => (document ??= describe(version)),
  };
}

async function describe(version: string): Promise<string> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  const document = await generator.generate(contract, {
    info: {
      title: "Chargehand",
      version,
      description:
        "Amounts of money are whole minor units of the currency beside them, quantities are whole numbers whose unit stands in the name, " +
        "instants are milliseconds since 1970-01-01T00:00:00Z. Answers only on this machine until people can sign in.",
    },
    servers: [{ url: PREFIX }],
  });
  return JSON.stringify(document);
}
