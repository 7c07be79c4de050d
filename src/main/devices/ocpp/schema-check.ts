import { createRequire } from "node:module";
import { Ajv, type AnySchemaObject } from "ajv";
import addFormats from "ajv-formats";
import { assert } from "../../../core/units/index.ts";

const FILES = { "1.6": "ocpp1_6.json", "2.0.1": "ocpp2_0_1.json" } as const;
const checkers = new Map<keyof typeof FILES, Ajv>();

/** How a CALL differs from the schema of the Open Charge Alliance; `null` if it does not, or has no schema. */
export function schemaDeviation(action: string, payload: unknown, version: keyof typeof FILES = "1.6"): string | null {
  const ajv = checkers.get(version) ?? createChecker(version);
  checkers.set(version, ajv);
  const validate = ajv.getSchema(`urn:${action}.req`);
  if (validate === undefined || validate(payload) === true) return null;
  return ajv.errorsText(validate.errors, { dataVar: action }).slice(0, 255);
}

function createChecker(version: keyof typeof FILES): Ajv {
  // Required, not imported: the bundler leaves packages outside and drops the `type: "json"` that Node wants to see.
  const schemas: unknown = createRequire(import.meta.url)(`ocpp-rpc/lib/schemas/${FILES[version]}`);
  assert(isSchemaList(schemas), `ocpp-rpc brings the schemas of OCPP ${version}`);
  const ajv = new Ajv({ strictSchema: false, addUsedSchema: false });
  addFormats(ajv);
  ajv.addSchema(schemas);
  return ajv;
}

function isSchemaList(value: unknown): value is AnySchemaObject[] {
  return Array.isArray(value) && value.length > 0;
}
