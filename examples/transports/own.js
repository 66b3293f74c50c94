// This browser as a client of all four, for its own figures: not through the simulated clients.
import { connect } from './socket.js';
import { duration } from './verdict.js';

const SPAN = 10_000; // milliseconds, of the plots
const sleep = (ms, signal) => new Promise((resolve) => {
  const done = () => { clearTimeout(timer); signal.removeEventListener('abort', done); resolve(); };
  const timer = setTimeout(done, ms);
  signal.addEventListener('abort', done);
});

/** What the server says beside the events. */
export const server = { latest: 0, interval: 1000, offset: 0 };
/** The server's clock, in milliseconds since 1970. */
const now = () => performance.timeOrigin + performance.now() + server.offset;

class Own {
  constructor(slug, run) {
    Object.assign(this, { slug, run, stop: null });
    this.clear();
  }
  clear() {
    Object.assign(this, { after: server.latest, events: 0, requests: 0, delays: [], asked: [], heard: [], open: [] });
  }
  start() {
    this.clear();
    const stop = this.stop = new AbortController();
    (async () => {
      while (!stop.signal.aborted) {
        try { await this.run(this, stop.signal); } catch { /* the server has gone, or this was stopped */ }
        this.shut();
        await sleep(500 + 500 * Math.random(), stop.signal);
      }
    })();
  }
  end() { this.stop?.abort(); this.stop = null; }
  path() { return `/${this.slug}?after=${this.after}`; }
  ask() { this.requests += 1; this.asked.push(now()); this.open.push([now(), Infinity]); }
  shut() { const last = this.open.at(-1); if (last?.[1] === Infinity) last[1] = now(); }
  hear(event) {
    const [id, micros] = event.split(' ', 2).map(Number);
    if (!(id > 0)) return;
    const created = micros / 1000, came = now();
    Object.assign(this, { after: id, events: this.events + 1 });
    this.delays.push(Math.max(came - created, 0));
    if (this.delays.length > 200) this.delays.shift();
    this.heard.push([created, came]);
    // A tab that is hidden is not drawn.
    this.forget(came);
  }
  median() { return this.delays.toSorted((a, b) => a - b)[this.delays.length >> 1]; }
  /** Forgets what is on no plot any more. */
  forget(time) {
    const old = time - SPAN - 1000;
    while (this.asked[0] < old) this.asked.shift();
    while (this.heard[0]?.[1] < old) this.heard.shift();
    while (this.open[0]?.[1] < old) this.open.shift();
  }
}

async function ask(own, signal) {
  own.ask();
  const answer = await fetch(own.path(), { signal, cache: 'no-store' });
  const text = await answer.text();
  own.shut();
  if (!answer.ok) throw new Error(answer.status);
  text.split('\n').forEach((line) => own.hear(line));
}

async function poll(own, signal) {
  while (!signal.aborted) {
    const began = performance.now(), left = () => began + server.interval - performance.now();
    await ask(own, signal);
    // In short steps: the slider may move.
    while (left() > 0 && !signal.aborted) await sleep(Math.min(left(), 100), signal);
  }
}

async function pollLong(own, signal) {
  while (!signal.aborted) await ask(own, signal);
}

function stream(own, signal) {
  own.ask();
  const source = new EventSource(own.path());
  source.onmessage = ({ data }) => own.hear(data);
  return new Promise((resolve) => {
    source.onerror = resolve; // and `start` begins anew, behind what came
    signal.addEventListener('abort', resolve, { once: true });
  }).finally(() => source.close());
}

let said = null; // when, while it is not answered
let socket = null;
function websocket(own, signal) {
  socket = connect(() => own.path(), {
    open: () => own.ask(),
    state: (state) => { if (state !== 'open') own.shut(); },
    message: (text) => text === 'ok' ? answered('message') : own.hear(text),
  });
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })).finally(() => socket.close());
}

function answered(way) {
  if (said === null) return;
  const cell = document.querySelector(`[data-way="${way}"] [data-own="trip"]`);
  cell.dataset.value = performance.now() - said;
  cell.textContent = `${(performance.now() - said).toFixed(1)} ms`;
}

/** Sends a message by POST, then one over the WebSocket: not at once, or one would wait for the other. */
export async function say() {
  const text = 'x'.repeat(64);
  said = performance.now();
  const posted = await fetch('/polling', { method: 'POST', body: text }).catch(() => null);
  if (posted?.ok) answered('post');
  said = performance.now();
  socket?.send(text);
}

export const owns = [
  new Own('polling', poll), new Own('long-polling', pollLong), new Own('streaming', stream), new Own('websocket', websocket),
];
/** All four begin or end. */
export function run(on) { owns.forEach((own) => on ? own.start() : own.end()); }

/** The lower edge is the server, where events happen; the upper one this browser. */
export function draw() {
  const time = now(), running = owns[0].stop !== null;
  for (const own of owns) {
    own.forget(time);
    const card = document.getElementById(own.slug), canvas = card.querySelector('canvas');
    const median = own.median(), delay = median === undefined ? '–' : median < 10 ? `${median.toFixed(1)} ms` : duration(median);
    const text = running || own.events > 0
      ? `${own.events} ${own.events === 1 ? 'event' : 'events'}, ${own.requests} ${own.requests === 1 ? 'request' : 'requests'}, ${delay} late`
      : 'Not started in this browser';
    const line = card.querySelector('.own');
    Object.assign(line.dataset, { events: own.events, requests: own.requests, p50: median ?? '' });
    if (line.textContent !== text) { line.textContent = text; canvas.setAttribute('aria-label', `The last ten seconds. ${text}`); }
    plot(canvas, own, time);
  }
}

function plot(canvas, own, time) {
  const { clientWidth: width, clientHeight: height } = canvas, scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  const pen = canvas.getContext('2d'), style = getComputedStyle(canvas);
  const colour = style.getPropertyValue('--own'), quiet = style.getPropertyValue('--field');
  const top = 17, bottom = height - 17, x = (at) => width - 6 - (time - at) / SPAN * (width - 6);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.globalAlpha = 0.13;
  pen.fillStyle = colour;
  for (const [from, to] of own.open) pen.fillRect(x(from), top, Math.max(x(Math.min(to, time)) - x(from), 1), bottom - top);
  pen.globalAlpha = 1;
  const lines = (list, style) => {
    pen.strokeStyle = style;
    pen.beginPath();
    for (const [x1, y1, x2, y2] of list) { pen.moveTo(x1, y1); pen.lineTo(x2, y2); }
    pen.stroke();
  };
  pen.lineWidth = 1;
  lines([[0, top, width, top], [0, bottom, width, bottom]], quiet);
  lines(own.asked.map((at) => [x(at), top, x(at), bottom]), quiet);
  const dense = own.heard.length > 40;
  pen.lineWidth = dense ? 1 : 1.5;
  pen.globalAlpha = dense ? 0.55 : 1;
  lines(own.heard.map(([created, came]) => [x(created), bottom, x(came), top]), colour);
  pen.globalAlpha = 1;
  pen.fillStyle = colour;
  for (const [created, came] of own.heard) {
    for (const [at, y] of [[created, bottom], [came, top]]) { pen.beginPath(); pen.arc(x(at), y, dense ? 1.4 : 2.8, 0, 7); pen.fill(); }
  }
  pen.fillStyle = style.getPropertyValue('--quiet');
  pen.font = '10px system-ui, sans-serif';
  pen.fillText('this browser', 5, 11);
  pen.fillText('server', 5, height - 5);
}
