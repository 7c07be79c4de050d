// Runs in the page before anything else: what a sandboxed preload may require, and how ports and windows reach the
// stand-in. It is turned into text, so it may use nothing from outside.

export type FromPage =
  | { readonly kind: "port"; readonly channel: string; readonly port: string }
  | { readonly kind: "message"; readonly port: string; readonly data: unknown }
  | { readonly kind: "open"; readonly url: string };

type StandInWindow = Window & { standInSend: (message: FromPage) => void; standInPorts: Map<string, MessagePort> };

export function pageSide(preload: string): void {
  const page = window as unknown as StandInWindow;
  const ports = new Map<string, MessagePort>();
  Object.defineProperty(page, "standInPorts", { value: ports });
  const ipcRenderer = {
    postMessage: (channel: string, _message: unknown, [port]: MessagePort[]): void => {
      if (port === undefined) return;
      const id = crypto.randomUUID();
      ports.set(id, port);
      port.onmessage = ({ data }: MessageEvent<unknown>) => {
        page.standInSend({ kind: "message", port: id, data });
      };
      page.standInSend({ kind: "port", channel, port: id });
    },
  };
  const openDocument = page.open.bind(page);
  page.open = (address) => {
    const url = new URL(String(address), page.location.href).href;
    if (url.startsWith("blob:")) return openDocument(url);
    page.standInSend({ kind: "open", url });
    return null;
  };
  const require = (name: string): unknown => {
    if (name !== "electron") throw new Error(`a sandboxed preload may not require ${name}`);
    return { ipcRenderer };
  };
  new Function("require", "exports", "module", preload)(require, {}, { exports: {} });
}
