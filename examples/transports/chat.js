// The chat: joins again whenever the connection ended, and shows the room as it is then.
import { connect } from './socket.js';

const GUESTS = ['Ada', 'Grace', 'Alan', 'Barbara', 'Donald', 'Radia', 'Edsger', 'Frances', 'Tony', 'Katherine'];

export function chat() {
  const find = (id) => document.querySelector(`#chat-${id}`);
  const [log, room, name, text, state] = ['log', 'room', 'name', 'text', 'state'].map(find);
  const presence = document.querySelector('#presence');
  const known = (key) => { try { return sessionStorage.getItem(key); } catch { return null; } };
  const keep = (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* not allowed here */ } };
  room.value = known('room') ?? 'lobby';
  name.value = known('name') ?? `${GUESTS[Math.floor(Math.random() * GUESTS.length)]} ${Math.floor(Math.random() * 90) + 10}`;

  const say = (who, time, what) => {
    const line = document.createElement('li');
    const part = (tag, content) => Object.assign(document.createElement(tag), { textContent: content });
    line.append(part('time', new Date(Number(time)).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })), part('b', who), ` ${what}`);
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    log.append(line);
    while (log.childElementCount > 200) log.firstElementChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  const take = {
    room: () => { log.replaceChildren(); state.textContent = 'joined'; state.dataset.state = 'open'; },
    said: ([who, time, what]) => say(who, time, what),
    here: (names) => { presence.textContent = names.join(', ') || 'nobody'; presence.dataset.count = names.length; },
  };
  const socket = connect('/chat', {
    open: (send) => send(`join\t${room.value}\t${name.value}`),
    message: (line) => { const [word, ...rest] = line.split('\t'); take[word]?.(rest); },
    state: (now) => { if (now !== 'open') { state.textContent = 'reconnecting'; state.dataset.state = now; presence.textContent = '–'; } },
  });

  find('join').onsubmit = (event) => {
    event.preventDefault();
    for (const field of [room, name]) {
      field.value = field.value.trim();
      if (!field.reportValidity()) return; // `required`: the server takes no blank one
    }
    keep('room', room.value);
    keep('name', name.value);
    socket.again();
    text.focus();
  };
  find('form').onsubmit = (event) => {
    event.preventDefault();
    if (text.value.trim() !== '' && socket.send(`say\t${text.value}`)) text.value = '';
  };
}
