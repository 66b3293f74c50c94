// The drawing board: what the pen draws is sent as it moves, what others draw comes meanwhile.
import { connect } from './socket.js';

const COLOURS = ['#2f80ed', '#eb5757', '#27ae60', '#f2994a', '#9b51e0', '#12a5b8', '#e0489b', '#828f9f'];
const NAMES = ['blue', 'red', 'green', 'orange', 'purple', 'cyan', 'pink', 'grey'];
const EXTENT = 10_000, STEP = 200; // of the board, and of an arrow key

export function board() {
  const canvas = document.querySelector('#board'), pointers = document.querySelector('#pointers');
  const state = document.querySelector('#board-state');
  let colour = 0, lines = [], at = null, down = false, sent = null, others = new Map();

  const paint = ([tint, x1, y1, x2, y2]) => {
    const pen = canvas.getContext('2d'), sx = canvas.width / EXTENT, sy = canvas.height / EXTENT;
    Object.assign(pen, { strokeStyle: COLOURS[tint], lineWidth: 3 * devicePixelRatio, lineCap: 'round' });
    pen.beginPath();
    pen.moveTo(x1 * sx, y1 * sy);
    pen.lineTo(x2 * sx, y2 * sy);
    pen.stroke();
  };
  const repaint = () => {
    Object.assign(canvas, { width: Math.round(canvas.clientWidth * devicePixelRatio), height: Math.round(canvas.clientHeight * devicePixelRatio) });
    lines.forEach(paint);
    canvas.dataset.lines = lines.length;
  };
  const reset = () => { lines = []; repaint(); };
  const lose = () => { others.forEach((dot) => dot.remove()); others.clear(); };

  let you = '';
  const take = {
    you: ([id]) => { you = id; lose(); reset(); choose(Number(id) % COLOURS.length); },
    clear: reset,
    line: (numbers) => { const line = numbers.map(Number); lines.push(line); if (lines.length > 4000) lines.shift(); paint(line); canvas.dataset.lines = lines.length; },
    at: ([id, x, y]) => {
      if (id === you) return;
      let dot = others.get(id);
      if (!dot) {
        dot = document.createElement('span');
        dot.style.setProperty('--pen', COLOURS[id % COLOURS.length]);
        others.set(id, dot);
        pointers.append(dot);
      }
      dot.style.transform = `translate(${x / EXTENT * pointers.clientWidth}px, ${y / EXTENT * pointers.clientHeight}px)`;
    },
    gone: ([id]) => { others.get(id)?.remove(); others.delete(id); },
    here: ([count]) => { state.textContent = count === '1' ? 'only you' : `you and ${count - 1} more`; state.dataset.here = count; },
  };
  const { send } = connect('/board', {
    message: (text) => { const [word, ...rest] = text.split(' '); take[word]?.(rest); },
    state: (now) => { state.dataset.state = now; if (now !== 'open') { lose(); state.textContent = 'reconnecting'; } },
  });

  // The pen, at most once for each frame of the screen.
  const tell = () => {
    if (at !== null && String(at) !== String(sent)) {
      // What is drawn appears when it comes back: all see the same board.
      if (down && sent !== null) send(`line ${colour} ${sent.join(' ')} ${at.join(' ')}`);
      send(`at ${at.join(' ')}`);
      sent = at;
    }
  };
  let due = false;
  const move = (point) => {
    at = point;
    if (!due) requestAnimationFrame(() => { due = false; tell(); });
    due = true;
  };
  const clamp = (value) => Math.round(Math.min(Math.max(value, 0), EXTENT));
  const point = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [clamp((clientX - left) / width * EXTENT), clamp((clientY - top) / height * EXTENT)];
  };
  canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); tell(); sent = at = point(event); down = true; };
  canvas.onpointermove = (event) => move(point(event));
  canvas.onpointerup = canvas.onpointercancel = () => { tell(); down = false; };
  canvas.onkeydown = (event) => {
    const [x, y] = at ?? [EXTENT / 2, EXTENT / 2];
    const to = { ArrowLeft: [x - STEP, y], ArrowRight: [x + STEP, y], ArrowUp: [x, y - STEP], ArrowDown: [x, y + STEP] }[event.key];
    if (event.key === ' ') { down = !down; sent ??= at = [x, y]; } else if (to) move(to.map(clamp)); else return;
    event.preventDefault();
  };
  canvas.onblur = () => { down = false; };

  const choices = NAMES.map((name, value) => {
    const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'colour', value, title: name });
    input.setAttribute('aria-label', name);
    input.style.setProperty('--pen', COLOURS[value]);
    input.onchange = () => { colour = value; chosen = true; };
    return input;
  });
  let chosen = false;
  const choose = (value) => { if (!chosen) { colour = value; choices[value].checked = true; } };
  document.querySelector('#colours').append(...choices);
  document.querySelector('#board-clear').onclick = () => send('clear');
  new ResizeObserver(repaint).observe(canvas);
}
