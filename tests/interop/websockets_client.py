"""The client of PyPI's `websockets` against an echo server: websockets_client.py URL

MODULE names another that is called as it is, as `picows.websockets` is. Prints `ok NAME` or `failed NAME: why` for
each check; each has a connection of its own. Exit status: 1 if any failed.
"""

import asyncio
import importlib
import os
import random
import sys

MODULE = os.environ.get("MODULE", "websockets")
connect = importlib.import_module(f"{MODULE}.asyncio.client").connect

# One, two, three and four bytes of UTF-8 a character, and a NUL.
TEXT = "a\0 ü € 𝄞 – ok"


def pattern(length):
    return bytes(i * 31 % 251 for i in range(length))


def expect(received, wanted):
    if received != wanted:
        raise AssertionError(f"received {received!r:.60}")


def echoes(message):
    async def check(ws):
        await ws.send(message)
        expect(await ws.recv(), message)

    return check


async def messages_in_flight(ws):
    messages = [f"message {n}" for n in range(200)]
    for message in messages:
        await ws.send(message)
    expect([await ws.recv() for _ in messages], messages)


async def ping(ws):
    # `ping` returns a future that only a pong with this payload resolves.
    for payload in (b"", b"are you there?", pattern(125)):
        await (await ws.ping(payload))


async def fragments(ws):
    await ws.send([pattern(1000), b"", pattern(70_000)])
    expect(await ws.recv(), pattern(1000) + pattern(70_000))


async def fragments_that_cut_characters(ws):
    await ws.send([bytes([byte]) for byte in TEXT.encode()], text=True)
    expect(await ws.recv(), TEXT)


async def ping_between_fragments(ws):
    async def with_a_ping():
        yield "one "
        await (await ws.ping(b"between"))
        yield "message"

    await ws.send(with_a_ping())
    expect(await ws.recv(), "one message")


async def close(ws):
    await ws.close(3001, "going home – bye")
    expect(ws.close_code, 3001)


async def compressed(ws):
    record = '{"name":"Grace","tags":["a","b"]},'
    noise = random.Random(1).randbytes(100_000)
    for message in (record * 10, record * 10, record * 10_000, noise, b"", record):
        await ws.send(message)
        expect(await ws.recv(), message)


def negotiates(answer):
    """Messages are compressed both ways, after this answer."""

    async def check(ws):
        expect(ws.response.headers.get("Sec-WebSocket-Extensions"), answer)
        before = len(RECEIVED_COMPRESSED)
        await compressed(ws)
        if MODULE == "websockets" and len(RECEIVED_COMPRESSED) - before < 3:
            raise AssertionError("the server compressed nothing")

    return check


# The frames with RSV1 that `websockets` was given.
RECEIVED_COMPRESSED = []

# What a client says of compression, besides that it can; what the server answers; the check with that.
COMPRESSION = []
if MODULE == "websockets":
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate

    def decode(self, frame, *, max_size=None, plain=PerMessageDeflate.decode):
        if frame.rsv1:
            RECEIVED_COMPRESSED.append(frame)
        return plain(self, frame, max_size=max_size)

    PerMessageDeflate.decode = decode
    COMPRESSION = [
        ({"server_no_context_takeover": True}, "; server_no_context_takeover"),
        ({"client_no_context_takeover": True}, "; client_no_context_takeover"),
        ({"server_max_window_bits": 9}, "; server_max_window_bits=9"),
        ({"client_max_window_bits": 10}, "; client_max_window_bits=10"),
        (
            {
                "server_no_context_takeover": True,
                "client_no_context_takeover": True,
                "server_max_window_bits": 15,
                "client_max_window_bits": 9,
            },
            "; server_no_context_takeover; client_no_context_takeover"
            "; server_max_window_bits=12; client_max_window_bits=9",
        ),
    ]

CHECKS = {
    "text with multi-byte characters": echoes(TEXT),
    "empty text": echoes(""),
    **{f"binary, {n} bytes": echoes(pattern(n)) for n in (0, 125, 126, 65_535, 65_536, 1 << 20)},
    "200 messages in flight": messages_in_flight,
    "a pong for each ping": ping,
    "fragmented binary": fragments,
    "fragmented text, characters cut": fragments_that_cut_characters,
    "a ping between fragments": ping_between_fragments,
    "close with code and reason": close,
    "compressed": negotiates("permessage-deflate"),
}
EXTENSIONS = {}
for offer, answer in COMPRESSION:
    name = f"compressed, {', '.join(f'{parameter}={value}' for parameter, value in offer.items())}"
    CHECKS[name] = negotiates(f"permessage-deflate{answer}")
    EXTENSIONS[name] = [ClientPerMessageDeflateFactory(**offer)]


async def main(url):
    failed = 0
    for name, check in CHECKS.items():
        try:
            async with asyncio.timeout(10), connect(
                url, open_timeout=5, extensions=EXTENSIONS.get(name)
            ) as ws:
                await check(ws)
            print(f"ok {name}", flush=True)
        except Exception as error:  # whatever it was, it is this check's result
            failed += 1
            print(f"failed {name}: {error!r}", flush=True)
    return 1 if failed else 0


sys.exit(asyncio.run(main(sys.argv[1])))
