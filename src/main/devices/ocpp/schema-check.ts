import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import schemas from "ocpp-rpc/lib/schemas/ocpp1_6.json" with { type: "json" };

const ajv = new Ajv({ strictSchema: false, addUsedSchema: false });
addFormats(ajv);
ajv.addSchema(schemas);

/** How a CALL differs from the schema of the Open Charge Alliance; `null` if it does not, or has no schema. */
export function schemaDeviation(action: string, payload: unknown): string | null {
  const validate = ajv.getSchema(`urn:${action}.req`);
  if (validate === undefined || validate(payload) === true) return null;
  return ajv.errorsText(validate.errors, { dataVar: action }).slice(0, 255);
}
