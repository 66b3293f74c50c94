// The checks that Node and a browser share, by the WHATWG interface alone. Resolves to [name, why it failed or null]
// for each. Refers to nothing outside itself: its source is sent to the page. Each check has a connection of its own.
export async function echoChecks(WebSocket, url) {
  const text = 'a\0 ü € 𝄞 – ok'; // one to four bytes of UTF-8 a character, and a NUL
  const pattern = (length) => Uint8Array.from({ length }, (_, i) => (i * 31) % 251);
  const assert = (claim, what) => {
    if (!claim) throw new Error(what);
  };

  // Resolves to the next `count` messages.
  const receive = (socket, count = 1) =>
    new Promise((resolve, reject) => {
      const messages = [];
      socket.onmessage = ({ data }) => messages.push(data) === count && resolve(messages);
      socket.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`));
    });
  const echoes = (message) => async (socket) => {
    socket.send(message);
    const [echo] = await receive(socket);
    if (typeof message === 'string') return assert(echo === message, `echoed ${JSON.stringify(echo)}`);
    assert(echo instanceof ArrayBuffer && echo.byteLength === message.length, `echoed ${echo.byteLength ?? typeof echo}`);
    assert(new Uint8Array(echo).every((byte, i) => byte === message[i]), 'echoed other bytes');
  };
  const messagesInFlight = async (socket) => {
    const messages = Array.from({ length: 200 }, (_, n) => `message ${n}`);
    for (const message of messages) socket.send(message);
    const echo = await receive(socket, messages.length);
    assert(echo.every((message, n) => message === messages[n]), 'not in order');
  };
  // What the window makes short, what is longer than any window, and what cannot be made short.
  const compressed = async (socket) => {
    assert(socket.extensions.startsWith('permessage-deflate'), `agreed on ${socket.extensions}`);
    const record = '{"name":"Grace","tags":["a","b"]},';
    const noise = Uint8Array.from({ length: 50_000 }, () => Math.random() * 256);
    for (const message of [record.repeat(10), record.repeat(10), record.repeat(10_000), noise, record]) {
      await echoes(message)(socket);
    }
  };
  const close = (socket) =>
    new Promise((resolve, reject) => {
      socket.onclose = ({ code, wasClean }) =>
        code === 3001 && wasClean ? resolve() : reject(new Error(`closed with ${code}, clean: ${wasClean}`));
      socket.close(3001, 'going home – bye');
    });

  const checks = [
    ['text with multi-byte characters', echoes(text)],
    ['empty text', echoes('')],
    ...[0, 125, 126, 65_535, 65_536, 1 << 20].map((n) => [`binary, ${n} bytes`, echoes(pattern(n))]),
    ['200 messages in flight', messagesInFlight],
    ['compressed', compressed],
    ['close with code and reason', close],
  ];
  const results = [];
  for (const [name, check] of checks) {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    let timer;
    const timeout = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in 10 s')), 10_000);
    });
    const run = async () => {
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error('could not connect'));
      });
      await check(socket);
    };
    try {
      await Promise.race([run(), timeout]);
      results.push([name, null]);
    } catch (error) {
      results.push([name, error.message]);
    } finally {
      clearTimeout(timer);
      socket.close();
    }
  }
  return results;
}

// Prints the results as `ok NAME` or `failed NAME: why`; the process will end with 1 if any failed.
export function print(results) {
  for (const [name, why] of results) {
    console.log(why === null ? `ok ${name}` : `failed ${name}: ${why}`);
    if (why !== null) process.exitCode = 1;
  }
}
