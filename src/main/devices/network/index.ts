export { createNetworkDevices, type NetworkDevices } from "./create-network-devices.ts";
export type { NetworkDeviceHealth } from "./network-health.ts";
