// @ts-check
// Writes the JSON Schemas that are made from code. Run it when its test says that they are out of date:
//   node scripts/write-schemas.mjs
import { writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { allocateJsonSchemas } from "../src/main/commands/allocate-format.ts";
import { simulateJsonSchemas } from "../src/main/commands/simulate-format.ts";
import { profileJsonSchema } from "../src/main/devices/profile/profile-schema.ts";
import { siteJsonSchema } from "../src/main/site/site-file/schema.ts";

const [allocate, simulate] = [allocateJsonSchemas(), simulateJsonSchemas()];
for (const [name, schema] of /** @type {const} */ ([
  ["site", siteJsonSchema()],
  ["profile", profileJsonSchema()],
  ["allocate-request", allocate.request],
  ["allocate-answer", allocate.answer],
  ["simulate-scenario", simulate.scenario],
  ["simulate-answer", simulate.answer],
])) {
  const file = new URL(`../resources/schemas/${name}.schema.json`, import.meta.url);
  const style = await resolveConfig(file);
  writeFileSync(file, await format(JSON.stringify(schema), { ...style, parser: "json" }));
  process.stdout.write(`resources/schemas/${name}.schema.json\n`);
}
