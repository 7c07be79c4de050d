import { RPCHandler } from "@orpc/server/message-port";
import type { MessagePortMainLike } from "@orpc/client/message-port";
import { ipcMain, type MessagePortMain, type WebContents } from "electron";
import type { Role } from "../../contract/index.ts";
import { PORT_HANDED } from "../../contract/handover.ts";
import { type ApiRouter, isCallFrame } from "../api/index.ts";
import type { Log } from "../log.ts";
import { isOurs } from "./gate.ts";

export type Ports = {
  /** From now on this window's own page may call, as `role`. */
  readonly admit: (contents: WebContents, role: Role) => void;
};

/**
 * Takes the ports that the preloads hand over. A page may ask before the site runs: its calls wait in the port until
 * `router` resolves. A page has one port; a new one (after a reload) replaces the old.
 */
export function takePorts(router: Promise<ApiRouter>, log: Log): Ports {
  const admitted = new Map<WebContents, Role>();
  const inUse = new Map<WebContents, MessagePortMain>();
  const handler = router.then((ready) => new RPCHandler(ready));

  ipcMain.on(PORT_HANDED, (event) => {
    const { sender } = event;
    const [port] = event.ports;
    const role = admitted.get(sender);
    if (port === undefined || role === undefined || !isOurs(event, sender)) {
      port?.close();
      log.warn("a port from a page that is not ours was refused");
      return;
    }
    inUse.get(sender)?.close();
    inUse.set(sender, port);
    handler.then(
      (rpc) => {
        rpc.upgrade(callsOnly(port), { context: { role } });
        port.start();
      },
      () => {
        port.close();
      },
    );
  });

  return {
    admit: (contents, role) => {
      admitted.set(contents, role);
      contents.once("destroyed", () => {
        admitted.delete(contents);
        inUse.delete(contents);
      });
    },
  };
}

/** The port as oRPC sees it: frames that are no calls are dropped before they reach it. */
function callsOnly(port: MessagePortMain): MessagePortMainLike {
  return {
    on: (event, callback) => {
      if (event === "close")
        port.on("close", () => {
          callback();
        });
      else
        port.on("message", (message) => {
          if (isCallFrame(message.data)) callback(message);
        });
    },
    postMessage: (data) => {
      port.postMessage(data);
    },
  };
}
