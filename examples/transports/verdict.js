// What to use, from the settings alone: the figures show whether it is right.

// Of a request with its answer, as the simulated clients of long polling make it, in bytes without what it carries.
const REQUEST = 600;

const number = (value) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
const count = (value, name) => `${number(value)} ${name}${value === 1 ? '' : 's'}`;
export const duration = (ms) => ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000)} s`;
export const bytes = (n) => n < 10_000 ? `${number(n)} bytes` : n < 1e6 ? `${number(n / 1000)} kB` : `${number(n / 1e6)} MB`;
export const events = (rate) => rate < 1 ? `${number(rate * 60)} a minute` : `${number(rate)} a second`;

/** Which transport, in a few words, and why. `rate` is in events a second, `interval` in milliseconds. */
export function verdict({ rate, interval, payload }) {
  const perMinute = rate * 60, polls = 60_000 / interval;
  const late = duration(interval / 2), cost = bytes(polls * REQUEST);
  if (rate <= 0.2) {
    if (polls > 6 * perMinute) {
      return ['polling', 'Poll less often.',
        `${number(polls)} requests a minute for ${count(perMinute, 'event')}: nearly all come back empty, for ${cost} a minute. One poll for each event would do; if none may wait, long polling makes ${count(perMinute, 'request')}.`];
    }
    return ['polling', `At ${count(perMinute, 'event')} a minute polling costs the same: use it.`,
      `${count(polls, 'request')} a minute, ${cost} for each client, and no connection that has to stay open. An event waits ${late} on average.`];
  }
  if (rate < 1) {
    return ['long-polling', 'Long polling will do.',
      `At ${count(perMinute, 'event')} a minute a request for each is affordable: ${bytes(perMinute * REQUEST)} a minute for each client. Streaming needs none; a WebSocket neither, and pays when clients speak too.`];
  }
  const overhead = payload < 126 ? 2 : 4;
  const poll = rate * interval >= 10_000
    ? `Polling shares a request between ${number(rate * interval / 1000)} events, ${late} late on average`
    : `Polling is ${late} late on average`;
  return ['websocket', 'Use a WebSocket.',
    `At ${count(rate, 'event')} a second long polling repeats ${REQUEST} bytes of headers for each, a WebSocket adds ${overhead}. ${poll}. Streaming comes close, as long as clients only listen.`];
}
