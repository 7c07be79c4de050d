import { EventEmitter } from "node:events";

export type PageHandler = (request: { url: string; method: string }) => Promise<Response>;
type Check = (contents: null, permission: string, origin: string) => boolean;

export const ipcMain = new EventEmitter();

const schemes: { scheme: string; privileges: Record<string, boolean> }[] = [];
export const protocol = {
  schemes,
  registerSchemesAsPrivileged: (declared: typeof schemes) => schemes.push(...declared),
};

class Session {
  pageHandler: PageHandler | null = null;
  permissionCheck: Check = () => true;
  permissionRequest: unknown = null;
  readonly protocol = {
    handle: (scheme: string, handler: PageHandler): void => {
      if (!schemes.some((declared) => declared.scheme === scheme))
        throw new Error(`${scheme}: was not declared in time`);
      this.pageHandler = handler;
    },
  };
  setPermissionRequestHandler(handler: unknown): void {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: Check): void {
    this.permissionCheck = handler;
  }
  setDevicePermissionHandler(): void {
    // Headless Chromium has no devices to ask for.
  }
}
export const session = { defaultSession: new Session() };
