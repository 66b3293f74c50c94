// What the server measured, in the cards and in the table.
import { duration } from './verdict.js';

export const TRANSPORTS = [
  ['polling', 'Polling', 'Asks again and again. What happens meanwhile waits, and often nothing does.'],
  ['long-polling', 'Long polling', 'The server answers when something happens. A new request for each event.'],
  ['streaming', 'Streaming', 'One answer that never ends (server-sent events). It flows one way only.'],
  ['websocket', 'WebSocket', 'One connection for both directions, two bytes for each event or four.'],
];
const ROWS = ['bytes', 'requests', 'p50', 'cpu'];
const HELD = 60; // half seconds

const short = (n) => n.toLocaleString('en', { maximumFractionDigits: n < 10 ? 2 : n < 100 ? 1 : 0 });
const micros = (us) => us < 1000 ? `${short(us)} µs` : us < 1e6 ? `${short(us / 1000)} ms` : `${short(us / 1e6)} s`;
const histories = new Map();

/** Puts the cards on the page. */
export function cards() {
  const template = document.querySelector('#card');
  for (const [slug, name, how] of TRANSPORTS) {
    const card = template.content.cloneNode(true).firstElementChild;
    card.dataset.transport = slug;
    card.id = slug;
    card.querySelector('h3').textContent = name;
    card.querySelector('h3').id = `${slug}-title`;
    card.setAttribute('aria-labelledby', `${slug}-title`);
    card.querySelector('.how').textContent = how;
    document.querySelector('#cards').append(card);
  }
}

/** Of one way, for one event or for one client. */
function derived({ events, requests, up, down, p50, p99, cpu }, clients, seconds) {
  const each = (sum) => events > 0 && sum !== null ? sum / events : null;
  return {
    bytes: each(up + down), up: each(up), down: each(down), requests: requests / clients, p50, p99,
    cpu: cpu === null ? null : each(cpu / 1000), measured: cpu !== null, rate: events / clients / seconds,
  };
}

/** Shows a value as `say` has it; one that is not known yet as a dash, or as nothing in a line of details. */
function put(root, name, value, say) {
  const cell = root.querySelector(`[data-figure="${name}"]`);
  if (!cell) return;
  const unknown = cell.classList.contains('more') ? '' : '–';
  cell.textContent = value === null ? unknown : say(value);
  cell.dataset.value = value ?? '';
}

function show(root, of) {
  put(root, 'bytes', of.bytes, short);
  put(root, 'ways', of.bytes, () => `${short(of.down)} to the client, ${short(of.up)} to the server`);
  put(root, 'requests', of.requests, short);
  put(root, 'p50', of.p50, micros);
  put(root, 'p99', of.p99, (p99) => `99 of 100 within ${micros(p99)}`);
  if (of.measured) put(root, 'cpu', of.cpu, micros); else put(root, 'cpu', 'none', () => 'not measured here');
  put(root, 'rate', of.rate, short);
}

/** Shows one message of the server's. */
export function render(figures) {
  const { clients } = figures.settings, seconds = figures.time / 1000;
  const run = document.querySelector('#run');
  run.dataset.seconds = seconds;
  run.textContent = `${clients} simulated ${clients === 1 ? 'client' : 'clients'} of each, for ${duration(Math.round(seconds) * 1000)} so far`;
  const all = TRANSPORTS.map(([slug]) => [slug, derived(figures[slug], clients, seconds)]);
  const most = Object.fromEntries(ROWS.map((row) => [row, Math.max(...all.map(([, of]) => of[row] ?? 0))]));
  for (const [slug, of] of all) {
    const card = document.getElementById(slug);
    show(card, of);
    for (const row of ROWS) {
      const share = most[row] > 0 ? (of[row] ?? 0) / most[row] : 0;
      card.querySelector(`[data-row="${row}"] i`).style.setProperty('--share', Math.max(share, of[row] ? 0.01 : 0));
    }
    remember(slug, figures[slug], clients, figures.time);
  }
  const top = Math.max(100, ...[...histories.values()].flatMap(({ rates }) => rates));
  for (const [slug, name] of TRANSPORTS) spark(document.getElementById(slug), name, histories.get(slug).rates, top);
  for (const way of ['post', 'message']) {
    show(document.querySelector(`[data-way="${way}"]`), derived(figures[way], clients, seconds));
  }
}

/** Bytes a second of one client, from one message to the next. */
function remember(slug, { up, down }, clients, time) {
  const history = histories.get(slug) ?? { rates: [], time: 0, total: 0 };
  if (time < history.time) Object.assign(history, { time: 0, total: 0 }); // a new run
  const passed = (time - history.time) / 1000;
  if (passed > 0.1) history.rates.push((up + down - history.total) / passed / clients);
  if (history.rates.length > HELD) history.rates.shift();
  histories.set(slug, Object.assign(history, { time, total: up + down }));
}

function spark(card, name, rates, top) {
  const x = (place) => (120 * (place + HELD - rates.length) / (HELD - 1)).toFixed(1);
  const points = rates.map((rate, place) => `${x(place)} ${(27 - 25 * Math.sqrt(Math.max(rate, 0) / top)).toFixed(1)}`);
  if (points.length === 0) return;
  const line = `M${points.join('L')}`;
  card.querySelector('.line').setAttribute('d', line);
  card.querySelector('.area').setAttribute('d', `${line}V28H${x(0)}Z`);
  const last = rates.slice(-10), mean = last.reduce((sum, rate) => sum + rate, 0) / last.length;
  const text = `${short(mean)} bytes/s for each client`;
  card.querySelector('.spark').setAttribute('aria-label', `${name}: ${text}`);
  card.querySelector('.caption').textContent = text;
}
