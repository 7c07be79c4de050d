import { expect, test } from "vitest";
import { BUS_QUEUE_MAX, createBusQueue, STARVED_AFTER_ms, type BusPriority } from "./bus-queue.ts";

type Job = { readonly name: string; readonly priority: BusPriority; readonly queued_at_ms: number };
const job = (name: string, priority: BusPriority, queued_at_ms = 0): Job => ({ name, priority, queued_at_ms });
const always = (): boolean => true;

test("equal priorities are served in the order they came", () => {
  const queue = createBusQueue<Job>(STARVED_AFTER_ms);
  for (const name of ["a", "b", "c"]) queue.add(job(name, "state"));
  expect(["a", "b", "c"].map(() => queue.take(0, always)?.name)).toEqual(["a", "b", "c"]);
});

test("a reading that has waited too long goes before new state polls, but never before safety or a heartbeat", () => {
  const queue = createBusQueue<Job>(STARVED_AFTER_ms);
  queue.add(job("energy", "energy", 0));
  queue.add(job("state", "state", STARVED_AFTER_ms));
  queue.add(job("heartbeat", "heartbeat", STARVED_AFTER_ms));
  queue.add(job("safety", "safety", STARVED_AFTER_ms));
  const order = Array.from({ length: 4 }, () => queue.take(STARVED_AFTER_ms, always)?.name);
  expect(order).toEqual(["safety", "heartbeat", "energy", "state"]);
});

test("a job that is not ready is left for later", () => {
  const queue = createBusQueue<Job>(STARVED_AFTER_ms);
  queue.add(job("held", "safety"));
  queue.add(job("free", "identity"));
  expect(queue.take(0, (one) => one.name === "free")?.name).toBe("free");
  expect(queue.take(0, (one) => one.name === "free")).toBeNull();
  expect(queue.size).toBe(1);
});

test("a full queue sends away the least urgent, newest first", () => {
  const queue = createBusQueue<Job>(STARVED_AFTER_ms);
  for (let i = 0; i < BUS_QUEUE_MAX; i += 1) queue.add(job(String(i), "energy"));
  expect(queue.add(job("urgent", "safety"))?.name).toBe(String(BUS_QUEUE_MAX - 1));
  expect(queue.add(job("idle", "identity"))?.name).toBe("idle");
  expect(queue.size).toBe(BUS_QUEUE_MAX);
});

test("a scan takes only time that nobody else wants, however long it has waited", () => {
  const queue = createBusQueue<Job>(STARVED_AFTER_ms);
  queue.add(job("scan", "scan", 0));
  queue.add(job("identity", "identity", STARVED_AFTER_ms));
  queue.add(job("power", "power", STARVED_AFTER_ms));
  const order = Array.from({ length: 3 }, () => queue.take(STARVED_AFTER_ms, always)?.name);
  expect(order).toEqual(["power", "identity", "scan"]);
});
