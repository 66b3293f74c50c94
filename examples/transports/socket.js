// A WebSocket to this page's server that connects again whenever it has ended.

const LEAST = 300, MOST = 5000; // milliseconds

/** Calls `open(send)`, `message(text)` and `state('open' | 'reconnecting')`. Returns an object with `send(text)`,
 * which says whether it was sent, `again()`, which connects anew, and `close()`. */
export function connect(path, { open = () => {}, message = () => {}, state = () => {} }) {
  let socket, timer, delay = LEAST, ended = false;
  const url = () => new URL(typeof path === 'function' ? path() : path, location.href.replace(/^http/, 'ws'));
  const send = (text) => {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(text);
    return true;
  };
  const begin = () => {
    const own = socket = new WebSocket(url());
    own.onopen = () => { state('open'); open(send); };
    own.onmessage = ({ data }) => { delay = LEAST; if (own === socket) message(data); };
    own.onclose = () => {
      if (ended || own !== socket) return;
      state('reconnecting');
      timer = setTimeout(begin, delay * (0.5 + Math.random() / 2));
      delay = Math.min(delay * 1.7, MOST);
    };
  };
  const leave = () => { clearTimeout(timer); const left = socket; socket = null; left?.close(); };
  begin();
  return {
    send: (text) => socket !== null && send(text),
    again: () => { leave(); delay = LEAST; begin(); },
    close: () => { ended = true; leave(); },
  };
}
