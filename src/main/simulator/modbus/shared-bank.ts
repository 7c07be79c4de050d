import type { RegisterBank } from "./register-bank.ts";

/**
 * One unit with several sockets, whose registers stand apart: all of them hear every request, and the one that has the
 * address answers. Where none has it the first one's refusal stands.
 */
export const sharedBank = (first: RegisterBank, others: readonly RegisterBank[]): RegisterBank => ({
  answer(request) {
    const own = first.answer(request);
    const replies = others.map((bank) => bank.answer(request));
    return [own, ...replies].find((reply) => reply.kind !== "exception") ?? own;
  },
});
