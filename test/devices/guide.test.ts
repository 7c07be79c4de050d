import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const guide = readFileSync(`${ROOT}/docs/guide/electrician.md`, "utf8");

test("the guide names every device profile, or nobody could write it into a site file", () => {
  const ids = globSync("resources/devices/{chargers,meters}/*.yaml", { cwd: ROOT }).map((file) =>
    basename(file, ".yaml"),
  );
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.filter((id) => !guide.includes(`\`${id}\``))).toEqual([]);
});

test("the guide names every kind and every field of a link, a meter and a station", () => {
  const entry = z.object({ properties: z.record(z.string(), z.unknown()) });
  const list = z.object({ items: z.union([z.object({ oneOf: z.array(entry) }), entry]) });
  const schema = z
    .object({ properties: z.object({ links: list, meters: list, stations: list }) })
    .parse(JSON.parse(readFileSync(`${ROOT}/resources/schemas/site.schema.json`, "utf8")));
  const { links, meters, stations } = schema.properties;
  for (const [title, { items }] of [
    ["links", links] as const,
    ["meters", meters] as const,
    ["stations", stations] as const,
  ]) {
    const [, section = ""] = new RegExp(`^### \`${title}\`$(.*?)^##`, "msu").exec(guide) ?? [];
    const entries = "oneOf" in items ? items.oneOf : [items];
    const fields = new Set(entries.flatMap(({ properties }) => Object.keys(properties)));
    expect([...fields].filter((field) => !section.includes(`\`${field}\``))).toEqual([]);
  }
  const kind = z.object({ const: z.string() }).or(z.object({ enum: z.array(z.string()) }));
  const kinds = ("oneOf" in links.items ? links.items.oneOf : []).flatMap(({ properties }) => {
    const said = kind.parse(properties["kind"]);
    return "const" in said ? [said.const] : said.enum;
  });
  expect(kinds.length).toBeGreaterThan(3);
  expect(kinds.filter((one) => !guide.includes(`\`${one}\``))).toEqual([]);
});
