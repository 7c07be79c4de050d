// @ts-check
// Writes the JSON Schemas that are made from code. Run it when its test says that they are out of date:
//   node scripts/write-schemas.mjs
import { writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { profileJsonSchema } from "../src/main/devices/profile/profile-schema.ts";
import { siteJsonSchema } from "../src/main/site/site-file/schema.ts";

for (const [name, schema] of /** @type {const} */ ([
  ["site", siteJsonSchema()],
  ["profile", profileJsonSchema()],
])) {
  const file = new URL(`../resources/schemas/${name}.schema.json`, import.meta.url);
  const style = await resolveConfig(file);
  writeFileSync(file, await format(JSON.stringify(schema), { ...style, parser: "json" }));
  process.stdout.write(`resources/schemas/${name}.schema.json\n`);
}
