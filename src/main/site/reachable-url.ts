import type { NetworkInterfaceInfo } from "node:os";

const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "[::]"]);

/** The address to type into a charger: a server that listens everywhere is reached at this machine's own LAN address. */
export function reachableUrl(
  url: string,
  interfaces: Readonly<
    Record<string, readonly Pick<NetworkInterfaceInfo, "address" | "family" | "internal">[] | undefined>
  >,
): string {
  const parsed = new URL(url);
  if (!EVERYWHERE.has(parsed.hostname)) return url;
  const own = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const lan = own.find(({ family, internal }) => family === "IPv4" && !internal);
  parsed.hostname = lan?.address ?? "127.0.0.1";
  return parsed.href;
}
