// The client of npm's `ws` against an echo server: node ws_client.mjs URL
// First what a browser does too, then what only `ws` can be asked for.
import { once } from 'node:events';
import WebSocket from 'ws';
import { echoChecks, print } from './echo_checks.mjs';

const url = process.argv[2];
const text = 'a\0 ü € 𝄞 – ok';
const signal = () => AbortSignal.timeout(10_000);

const received = async (socket, event) => (await once(socket, event, { signal: signal() }))[0];
const expect = (buffer, bytes) => {
  if (!Buffer.from(bytes).equals(buffer)) throw new Error(`received ${buffer.length} other bytes`);
};

const checks = {
  'a pong for each ping': async (socket) => {
    for (const payload of ['', 'are you there?', 'x'.repeat(125)]) {
      socket.ping(payload);
      expect(await received(socket, 'pong'), payload);
    }
  },
  'fragmented binary': async (socket) => {
    const parts = [Buffer.alloc(1000, 1), Buffer.alloc(0), Buffer.alloc(70_000, 2)];
    parts.forEach((part, i) => socket.send(part, { binary: true, fin: i === parts.length - 1 }));
    expect(await received(socket, 'message'), Buffer.concat(parts));
  },
  'fragmented text, characters cut': async (socket) => {
    const bytes = Buffer.from(text);
    bytes.forEach((_, i) => socket.send(bytes.subarray(i, i + 1), { binary: false, fin: i === bytes.length - 1 }));
    expect(await received(socket, 'message'), text);
  },
  'a ping between fragments': async (socket) => {
    socket.send('one ', { fin: false });
    socket.ping('between');
    expect(await received(socket, 'pong'), 'between');
    socket.send('message', { fin: true });
    expect(await received(socket, 'message'), 'one message');
  },
};

// What a client says of compression, and what the server answers.
const compression = [
  [{}, ''],
  [{ serverNoContextTakeover: true }, '; server_no_context_takeover'],
  [{ clientNoContextTakeover: true }, '; client_no_context_takeover'],
  [{ serverMaxWindowBits: 10 }, '; server_max_window_bits=10'],
  [{ clientMaxWindowBits: 9 }, '; client_max_window_bits=9'],
];
const options = {};
for (const [offer, answer] of compression) {
  const name = `compressed, ${JSON.stringify(offer)}`;
  options[name] = { perMessageDeflate: { threshold: 0, ...offer } };
  checks[name] = async (socket, response) => {
    const agreed = response.headers['sec-websocket-extensions'];
    if (agreed !== `permessage-deflate${answer}`) throw new Error(`agreed on ${agreed}`);
    const message = '{"name":"Grace","tags":["a","b"]},'.repeat(1000);
    for (let n = 0; n < 3; n++) {
      socket.send(message);
      expect(await received(socket, 'message'), message);
    }
    if (socket._socket.bytesRead > 10_000) throw new Error(`${socket._socket.bytesRead} bytes came`);
  };
}

print(await echoChecks(WebSocket, url));
for (const [name, check] of Object.entries(checks)) {
  const socket = new WebSocket(url, options[name]);
  let response;
  socket.on('upgrade', (it) => (response = it));
  try {
    await received(socket, 'open');
    await check(socket, response);
    print([[name, null]]);
  } catch (error) {
    print([[name, error.message]]);
  } finally {
    socket.on('error', () => {}); // of a connection that is given up
    socket.terminate();
  }
}
