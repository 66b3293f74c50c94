// Sliders and figures: joins the parts of the page.
import { board } from './board.js';
import { chat } from './chat.js';
import { cards, render } from './figures.js';
import { draw, owns, run, say, server } from './own.js';
import { connect } from './socket.js';
import { duration, events, verdict } from './verdict.js';

const find = (id) => document.getElementById(id);

// What each slider may be, and how that is said.
const SLIDERS = {
  rate: [[1 / 30, 1 / 10, 1 / 5, 1 / 2, 1, 2, 5, 10, 20, 50, 100], events],
  payload: [[32, 64, 128, 256, 512], (value) => `${value} bytes`],
  interval: [[250, 500, 1000, 2000, 5000, 10_000, 30_000], duration],
  clients: [[1, 2, 5, 10, 20, 50], String],
};
const settings = { rate: 2, payload: 64, interval: 1000, clients: 5 };

function show() {
  for (const [id, [values, name]] of Object.entries(SLIDERS)) {
    const nearest = values.reduce((best, value, place) =>
      Math.abs(Math.log(value / settings[id])) < Math.abs(Math.log(values[best] / settings[id])) ? place : best, 0);
    const slider = find(id), text = name(settings[id]);
    slider.value = nearest;
    slider.setAttribute('aria-valuetext', text);
    find(`${id}-shown`).textContent = text;
  }
  const [transport, lead, why] = verdict(settings), line = find('verdict');
  line.dataset.verdict = transport;
  line.style.setProperty('--verdict', `var(--${transport})`);
  // Only what has changed is read out.
  for (const [part, text] of [['strong', lead], ['span', why]]) {
    const shown = line.querySelector(part);
    if (shown.textContent !== text) shown.textContent = text;
  }
  server.interval = settings.interval;
}

let timer, moved = 0;
for (const [id, [values]] of Object.entries(SLIDERS)) {
  Object.assign(find(id), { min: 0, max: values.length - 1, step: 1 });
  find(id).oninput = ({ target }) => {
    settings[id] = values[target.value];
    moved = performance.now();
    show();
    clearTimeout(timer);
    timer = setTimeout(() => socket.send(Object.entries(settings).map(([name, value]) => `${name}=${value}`).join(' ')), 150);
  };
}

let least = Infinity; // the shortest time there and back, which tells the clocks' difference best
const socket = connect('/figures', {
  open: (send) => { least = Infinity; send(`time ${Math.round(performance.now() * 1000)}`); },
  message: (text) => {
    const message = JSON.parse(text);
    if ('sent' in message) return compare(message);
    // A restarted server counts its events from 1.
    if (message.latest < server.latest) owns.forEach((own) => { own.after = Math.min(own.after, message.latest); });
    server.latest = message.latest;
    // Others move the sliders too; what was moved here has to arrive first.
    if (performance.now() - moved > 1000) { Object.assign(settings, message.settings); show(); }
    if (message.polling) render(message);
  },
  state: (state) => {
    find('state').dataset.state = state;
    find('state').querySelector('b').textContent = state === 'open' ? 'connected' : 'reconnecting';
    find('say').disabled = state !== 'open' || !running;
  },
});
setInterval(() => socket.send(`time ${Math.round(performance.now() * 1000)}`), 5000);

function compare({ sent, now }) {
  const came = performance.now(), left = sent / 1000;
  if (came - left > least) return;
  least = came - left;
  server.offset = now - (performance.timeOrigin + (left + came) / 2);
}

let running = false;
find('start').onclick = () => {
  running = !running;
  run(running);
  find('start').setAttribute('aria-pressed', running);
  find('start').textContent = running ? 'Stop in this browser' : 'Start in this browser too';
  find('say').disabled = !running;
};
find('say').onclick = say;

const calm = matchMedia('(prefers-reduced-motion: reduce)');
let drawn = 0;
function frame(time) {
  if (time - drawn > (calm.matches ? 1000 : 30)) { drawn = time; draw(); }
  requestAnimationFrame(frame);
}

cards();
show();
board();
chat();
requestAnimationFrame(frame);
