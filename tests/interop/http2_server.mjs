// An echo server over HTTP/2 (RFC 8441) of Node's own, with npm's `ws` on its streams: node http2_server.mjs CERTIFICATE KEY
// Listens on a free port of this machine; prints `listening on URL`, and `connection` for each.
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import WebSocket, { extension, PerMessageDeflate } from 'ws';

const [cert, key] = process.argv.slice(2).map((file) => readFileSync(file));
const server = createSecureServer({ cert, key, settings: { enableConnectProtocol: true } });
server.listen(0, '127.0.0.1', () => console.log(`listening on wss://localhost:${server.address().port}`));
server.on('session', () => console.log('connection'));
server.on('stream', (stream, headers) => {
  if (headers[':method'] !== 'CONNECT' || headers[':protocol'] !== 'websocket') {
    return stream.respond({ ':status': 404 }, { endStream: true });
  }
  const name = PerMessageDeflate.extensionName;
  const deflate = new PerMessageDeflate({ isServer: true, threshold: 0 });
  const agreed = deflate.accept(extension.parse(headers['sec-websocket-extensions'])[name]);
  stream.respond({ ':status': 200, 'sec-websocket-extensions': extension.format({ [name]: [agreed] }) });

  // As `ws` does it itself for an Upgrade; it has no public way to begin behind the handshake.
  const socket = new WebSocket(null, undefined, { autoPong: true });
  socket._extensions[name] = deflate;
  socket.setSocket(stream, Buffer.alloc(0), { allowSynchronousEvents: true });
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  socket.on('error', (error) => console.error(error)); // this one ends, not the server
});
