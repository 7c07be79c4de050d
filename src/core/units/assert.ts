/** Thrown when our own code is wrong. Never thrown for bad input: that is answered with a code. */
export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** Stops the engine when `condition` does not hold. On in production; the supervisor restarts us from stored state. */
export function assert(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new AssertionFailed(promise);
}

/** Marks a branch the compiler proves unreachable; adding a case to a union breaks the build here. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable case ${JSON.stringify(value)}`);
}
