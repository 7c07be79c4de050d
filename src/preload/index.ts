import { ipcRenderer } from "electron";
import { PORT_HANDED, PORT_WANTED } from "../contract/handover.ts";

// The whole bridge between page and engine: when the page asks for a port it gets one end of a new channel, and the
// engine the other. What may be called through it is decided by the engine. Nothing is put into the page's world.
window.addEventListener("message", ({ source, data }: MessageEvent<unknown>) => {
  if (source !== window || data !== PORT_WANTED) return;
  const { port1, port2 } = new MessageChannel();
  ipcRenderer.postMessage(PORT_HANDED, null, [port1]);
  window.postMessage(PORT_HANDED, window.origin, [port2]);
});
