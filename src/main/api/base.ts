import { randomUUID } from "node:crypto";
import { ValidationError } from "@orpc/contract";
import { implement, ORPCError } from "@orpc/server";
import { mapEventIterator } from "@orpc/client";
import { contract, mayCall, type ProcedureMeta, type Role } from "../../contract/index.ts";
import type { Application, Engine } from "../site/engine.types.ts";

/** What every transport says of a caller before the call is looked at. */
export type CallContext = { readonly role: Role };

/** Something in our own code failed while answering; the caller only got `id`. */
export type Fault = { readonly id: string; readonly path: string; readonly error: unknown };
export type OnFault = (fault: Fault) => void;

const ISSUES_MAX = 5;
const OWN_FAULTS: ReadonlySet<string> = new Set(["INTERNAL_SERVER_ERROR", "EVENT_ITERATOR_VALIDATION_FAILED"]);

/**
 * The contract, ready to be implemented. Before any implementation runs the caller's role is checked against the
 * procedure's, and then the input against its schema; whatever our own code throws is reported to `onFault` under an id
 * and answered INTERNAL_SERVER_ERROR with nothing but that id.
 */
export function contractFor(onFault: OnFault) {
  return implement(contract)
    .$context<CallContext>()
    .use(async ({ next, path, signal }) => {
      const answered = (error: unknown): unknown => answerTo(error, path.join("."), signal, onFault);
      try {
        const result = await next();
        if (!isIterator(result.output)) return result;
        const output = mapEventIterator(result.output, {
          value: (value) => Promise.resolve(value),
          error: (error) => Promise.resolve(answered(error)),
        });
        return { ...result, output };
      } catch (error) {
        throw answered(error);
      }
    })
    .use(({ context, next, procedure }) => {
      const needed = roleOf(procedure["~orpc"].meta);
      if (mayCall(context.role, needed)) return next();
      throw new ORPCError("FORBIDDEN", { status: 403, message: "this needs another role", data: { needed } });
    });
}
export type Implementer = ReturnType<typeof contractFor>;

/** A procedure that forgot to name its role is for the owner alone. */
export const roleOf = (meta: ProcedureMeta): Role => meta.role ?? "owner";

/** The running site, or the answer NO_SITE. */
export function siteOf(app: Application): Engine {
  const engine = app.engine();
  if (engine === null) throw new ORPCError("NO_SITE", { status: 409, message: "no site is set up yet" });
  return engine;
}

/** The answer to input that its schema allows but that means nothing here. */
export const badField = (field: string, message: string): ORPCError<"BAD_REQUEST", { field: string }> =>
  new ORPCError("BAD_REQUEST", { message, data: { field } });

function answerTo(error: unknown, path: string, signal: AbortSignal | undefined, onFault: OnFault): unknown {
  if (error instanceof ORPCError && !OWN_FAULTS.has(String(error.code))) return error;
  if (signal?.aborted === true) return error;
  const id = randomUUID();
  onFault({ id, path, error: reportable(error) });
  return new ORPCError("INTERNAL_SERVER_ERROR", {
    message: "something went wrong inside; the log knows it by this id",
    data: { id },
  });
}

/** Of an answer that breaks its own schema only where it does: the answer itself may carry names and is no business of a log. */
function reportable(error: unknown): unknown {
  const cause = error instanceof ORPCError ? (error.cause ?? error) : error;
  if (!(cause instanceof ValidationError)) return cause;
  const places = cause.issues.slice(0, ISSUES_MAX).map(({ path = [], message }) => {
    const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
    return `${keys.join(".")}: ${message}`;
  });
  return new Error(`an answer breaks its schema: ${places.join("; ")}`);
}

function isIterator(output: unknown): output is AsyncIterator<unknown> {
  return typeof output === "object" && output !== null && Symbol.asyncIterator in output;
}
