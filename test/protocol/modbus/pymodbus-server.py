"""A Modbus server by other hands: registers 0 to 99 hold 1000 + address. Ends when its input ends.

Arguments: rtu, ascii or socket, then for a serial line its path. Prints {"port": n} when it listens; on a
serial line the port is 0.
"""

import asyncio
import json
import os
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.framer.ascii_framer import ModbusAsciiFramer
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.framer.socket_framer import ModbusSocketFramer
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer

FRAMERS = {"rtu": ModbusRtuFramer, "ascii": ModbusAsciiFramer, "socket": ModbusSocketFramer}


def unit():
    words = [1000 + address for address in range(100)]
    return ModbusSlaveContext(
        di=ModbusSequentialDataBlock(0, [address % 3 == 0 for address in range(100)]),
        co=ModbusSequentialDataBlock(0, [False] * 100),
        ir=ModbusSequentialDataBlock(0, words),
        hr=ModbusSequentialDataBlock(0, words),
        zero_mode=True,
    )


def watch_input():
    sys.stdin.read()
    os._exit(0)


async def main():
    threading.Thread(target=watch_input, daemon=True).start()
    context = ModbusServerContext(slaves={1: unit(), 2: unit()}, single=False)
    if len(sys.argv) > 2:
        # Pseudo terminals carry bytes without parity, and pyserial refuses to ask for one there.
        line = {"port": sys.argv[2], "parity": "N", "baudrate": 19200, "bytesize": 8, "stopbits": 1}
        server = ModbusSerialServer(context, FRAMERS[sys.argv[1]], ignore_missing_slaves=True, **line)
        await server.start()
        print(json.dumps({"port": 0}), flush=True)
        await server.serve_forever()
    server = ModbusTcpServer(context, FRAMERS[sys.argv[1]], address=("127.0.0.1", 0), ignore_missing_slaves=True)
    serving = asyncio.create_task(server.serve_forever())
    await server.serving
    print(json.dumps({"port": server.server.sockets[0].getsockname()[1]}), flush=True)
    await serving


asyncio.run(main())
