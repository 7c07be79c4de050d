import { expect, test } from "vitest";
import { epochMs } from "../../core/units/index.ts";
import { freshFolder } from "../../../test/storage/fixtures.ts";
import { createStorageTrouble } from "./storage-trouble.ts";

const at = (minutes: number) => epochMs(1_790_000_000_000 + minutes * 60_000);
const full = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });

test("a full disk is an alert though no alert can be written, and it can be acknowledged", () => {
  const { stores } = freshFolder();
  const trouble = createStorageTrouble();
  expect(trouble.note(full, at(0))).toBe(true);
  expect(trouble.note(full, at(1))).toBe(true);
  const alerts = trouble.shownWith(stores.alerts, () => at(1));
  expect(alerts.list(false, 10)).toMatchObject([
    { code: "storage", since_ms: at(0), count: 2, inputs: { error: "SQLITE_FULL", failures: 2 } },
  ]);
  const [alert] = alerts.open();
  expect(alerts.acknowledge(alert?.id ?? "", at(2))?.acknowledged_at_ms).toBe(at(2));
  expect(alerts.open()[0]?.acknowledged_at_ms).toBe(at(2));
});

test("once it can be written it is shown once, and after a quiet while it is over", () => {
  const { stores } = freshFolder();
  const trouble = createStorageTrouble();
  trouble.note(full, at(0));
  const wanted = trouble.alert(at(1));
  if (wanted === null) throw new Error("there is something to raise");
  stores.alerts.raise(wanted, at(1));
  expect(trouble.shownWith(stores.alerts, () => at(1)).open()).toHaveLength(1);
  expect(trouble.alert(at(9))).not.toBeNull();
  expect(trouble.alert(at(11))).toBeNull();
});

test("a fault of our own is no trouble with the disk", () => {
  const trouble = createStorageTrouble();
  expect(trouble.note(new Error("broken code"), at(0))).toBe(false);
  expect(trouble.note(Object.assign(new Error("rule"), { code: "SQLITE_CONSTRAINT" }), at(0))).toBe(false);
  expect(trouble.note("a text", at(0))).toBe(false);
  expect(trouble.alert(at(0))).toBeNull();
});
