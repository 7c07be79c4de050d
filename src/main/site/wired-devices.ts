import type { DeviceRecord } from "../devices/device-record.ts";
import { type BusPool, createModbusDevices, type ModbusDevices } from "../devices/modbus/index.ts";
import { createNetworkDevices, type NetworkDeviceHealth } from "../devices/network/index.ts";
import type { StationPort } from "../devices/ports.ts";

export type WireHealth = {
  readonly modbus: ReturnType<ModbusDevices["health"]>;
  readonly network: readonly NetworkDeviceHealth[];
};

/** The devices that we call, whatever they speak; OCPP boxes call us. */
export type WiredDevices = {
  readonly stations: readonly StationPort[];
  health(): WireHealth;
  /** The buses of the site's links, for others that ask registers on them. */
  readonly buses: BusPool;
  /** What was said lately with one device, by its id. */
  recordOf(id: string): DeviceRecord | null;
  /** Ends polling and frees all ports and sockets. */
  stop(): Promise<void>;
};

/** Starts a driver for every device that a profile describes; what cannot be used is logged. */
export function openWiredDevices(options: Parameters<typeof createModbusDevices>[0]): WiredDevices {
  const modbus = createModbusDevices(options);
  const network = createNetworkDevices({ ...options, buses: modbus.buses });
  return {
    buses: modbus.buses,
    stations: [...modbus.stations, ...network.stations],
    recordOf: (id) => modbus.records.get(id) ?? network.records.get(id) ?? null,
    health: () => ({ modbus: modbus.health(), network: network.health() }),
    async stop() {
      await Promise.all([modbus.stop(), network.stop()]);
    },
  };
}
