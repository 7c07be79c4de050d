/** Where drivers write what a technician may want to know; pino fits. */
export type DeviceLog = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
};
