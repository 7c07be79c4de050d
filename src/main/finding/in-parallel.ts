/** Runs `perform` on all jobs, at most `width` at a time, and yields results as they come. Begins nothing new once aborted. */
export async function* inParallel<J, R>(
  jobs: readonly J[],
  width: number,
  signal: AbortSignal,
  perform: (job: J) => Promise<R>,
): AsyncGenerator<R, void> {
  const running = new Map<number, Promise<{ readonly index: number; readonly result: R }>>();
  let next = 0;
  const begin = (): void => {
    while (running.size < width && next < jobs.length && !signal.aborted) {
      const index = next;
      const job = jobs[index];
      next += 1;
      if (job === undefined) continue;
      running.set(
        index,
        perform(job).then((result) => ({ index, result })),
      );
    }
  };
  begin();
  while (running.size > 0) {
    const { index, result } = await Promise.race(running.values());
    running.delete(index);
    yield result;
    begin();
  }
}
