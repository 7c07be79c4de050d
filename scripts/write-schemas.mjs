// @ts-check
// Writes the JSON Schemas that are made from code. Run it when its test says that they are out of date:
//   node scripts/write-schemas.mjs
import { writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { siteJsonSchema } from "../src/main/site/site-file/schema.ts";

const SITE = new URL("../resources/schemas/site.schema.json", import.meta.url);

const style = await resolveConfig(SITE);
writeFileSync(SITE, await format(JSON.stringify(siteJsonSchema()), { ...style, parser: "json" }));
process.stdout.write("resources/schemas/site.schema.json\n");
