// @ts-check
// Loaded into a measured process with `--import`: answers each message with what the process uses, and changes nothing
// else. When the bench that started it is gone, the process ends as if it had been asked to.

process.on("message", () => {
  process.send?.({ memory: process.memoryUsage(), cpu: process.cpuUsage() });
});
process.on("disconnect", () => {
  process.kill(process.pid, "SIGTERM");
});
// The channel alone must not keep the process alive.
process.channel?.unref();
