import { Readable } from "node:stream";
import { protocol, type Session } from "electron";
import { findStatic, openStatic, PAGE_HEADERS } from "../pages/index.ts";
import { isOwnPage, SCHEME } from "./gate.ts";

/** Must run before the app is ready: makes our scheme an origin like https, with nothing switched off. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Answers app://chargehand/ from the built renderer in `root`, and from nowhere else. */
export function servePages(session: Session, root: string): void {
  session.protocol.handle(SCHEME, (request) => answer(request, root));
}

async function answer(request: { readonly url: string; readonly method: string }, root: string): Promise<Response> {
  const file =
    isOwnPage(request.url) && request.method === "GET" ? await findStatic(root, new URL(request.url).pathname) : null;
  if (file === null) return new Response("there is nothing at this address", { status: 404, headers: PAGE_HEADERS });
  const body = Readable.toWeb(openStatic(file));
  return new Response(body, { headers: { ...PAGE_HEADERS, "content-type": file.type, "cache-control": file.cache } });
}
