"""An echo server of PyPI's `hypercorn`, over HTTP/2 (RFC 8441): hypercorn_server.py CERTIFICATE KEY

Listens on a free port of this machine; prints `listening on URL`.
"""

import asyncio
import socket
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config


async def echo(scope, receive, send):
    if scope["type"] != "websocket":
        return
    assert scope["http_version"] == "2", scope
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "bytes": event["bytes"], "text": event["text"]})


async def main(certificate, key):
    listener = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    # It ends no stream that the client has closed, and would take a connection with such streams for idle.
    config.keep_alive_timeout = 60
    config.certfile, config.keyfile = certificate, key
    print(f"listening on wss://localhost:{listener.getsockname()[1]}", flush=True)
    await serve(echo, config)


asyncio.run(main(*sys.argv[1:]))
