"""An echo server of PyPI's `websockets` on a free port of 127.0.0.1; prints `listening on URL`.

MODULE names another that is called as it is, as `picows.websockets` is.
"""

import asyncio
import importlib
import os

serve = importlib.import_module(os.environ.get("MODULE", "websockets") + ".asyncio.server").serve


async def echo(ws):
    async for message in ws:
        await ws.send(message)


async def main():
    async with serve(echo, "127.0.0.1", 0, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on ws://127.0.0.1:{port}", flush=True)
        await server.serve_forever()


asyncio.run(main())
