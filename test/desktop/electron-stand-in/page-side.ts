// Runs in the page before anything else: what a sandboxed preload may require, and how ports and windows reach the
// stand-in. It is turned into text, so it may use nothing from outside.

export type FromPage =
  | { readonly kind: "port"; readonly channel: string; readonly port: string }
  | { readonly kind: "message"; readonly port: string; readonly data: unknown }
  | { readonly kind: "open"; readonly url: string };

type Preload = (require: (name: string) => unknown) => void;

export function pageSide(preload: Preload): void {
  const ports = new Map<string, MessagePort>();
  const send = (message: FromPage): void => {
    const deliver: unknown = Reflect.get(window, "standInSend");
    if (typeof deliver === "function") Reflect.apply(deliver, window, [message]);
  };
  Object.defineProperty(window, "standInReceive", {
    value: (port: string, data: unknown) => {
      ports.get(port)?.postMessage(data);
    },
  });
  Object.defineProperty(window, "standInClose", {
    value: (port: string) => {
      ports.get(port)?.close();
      ports.delete(port);
    },
  });
  const ipcRenderer = {
    postMessage: (channel: string, _message: unknown, [port]: MessagePort[]): void => {
      if (port === undefined) return;
      const id = crypto.randomUUID();
      ports.set(id, port);
      port.onmessage = ({ data }: MessageEvent<unknown>) => {
        send({ kind: "message", port: id, data });
      };
      send({ kind: "port", channel, port: id });
    },
  };
  const openDocument = window.open.bind(window);
  window.open = (address) => {
    const url = new URL(String(address), window.location.href).href;
    if (url.startsWith("blob:")) return openDocument(url);
    send({ kind: "open", url });
    return null;
  };
  preload((name) => {
    if (name !== "electron") throw new Error(`a sandboxed preload may not require ${name}`);
    return { ipcRenderer };
  });
}
