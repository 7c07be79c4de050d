import { createRequire } from "node:module";
import { Ajv, type AnySchemaObject } from "ajv";
import addFormats from "ajv-formats";
import { assert } from "../../../core/units/index.ts";

// Required, not imported: the bundler leaves packages outside and drops the `type: "json"` that Node wants to see.
const schemas: unknown = createRequire(import.meta.url)("ocpp-rpc/lib/schemas/ocpp1_6.json");
assert(isSchemaList(schemas), "ocpp-rpc brings the schemas of OCPP 1.6");

const ajv = new Ajv({ strictSchema: false, addUsedSchema: false });
addFormats(ajv);
ajv.addSchema(schemas);

/** How a CALL differs from the schema of the Open Charge Alliance; `null` if it does not, or has no schema. */
export function schemaDeviation(action: string, payload: unknown): string | null {
  const validate = ajv.getSchema(`urn:${action}.req`);
  if (validate === undefined || validate(payload) === true) return null;
  return ajv.errorsText(validate.errors, { dataVar: action }).slice(0, 255);
}

function isSchemaList(value: unknown): value is AnySchemaObject[] {
  return Array.isArray(value) && value.length > 0;
}
