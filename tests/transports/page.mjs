// The page of the example `transports` in Chromium, headless: node page.mjs PROGRAM DIRECTORY, with CHROMIUM naming
// the browser. Prints a line `ok …` or `failed …` for each check, and leaves screenshots in the directory.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const [program, directory] = process.argv.slice(2);
const TRANSPORTS = ['polling', 'long-polling', 'streaming', 'websocket'];
let server;

async function start(address) {
  server = spawn(program, [address], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.startsWith('listening on ')) return line.slice('listening on '.length);
  }
  throw new Error('the server did not start');
}
const stop = () => new Promise((resolve) => { server.once('exit', resolve); server.kill(); });

let failed = 0;
async function check(name, run) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`failed ${name}: ${error.message.split('\n')[0]}`);
  }
}
const holds = (claim, what) => { if (!claim) throw new Error(what); };

const url = await start('127.0.0.1:0');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  // No sandbox: root has none. The rest keeps the browser from calling home.
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});
const errors = [];
async function open(options) {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url);
  return page;
}
const slide = (page, id, place) => page.locator(`#${id}`).evaluate((slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
}, place);
const figure = (page, transport, name) => page.locator(`#${transport} [data-figure=${name}]`).evaluate((cell) => Number(cell.dataset.value));
const figures = async (page, name) => Object.fromEntries(await Promise.all(TRANSPORTS.map(async (one) => [one, await figure(page, one, name)])));
/** Waits until the simulated clients have run so many seconds, since a slider moved. */
const ran = (page, seconds) => page.waitForFunction((seconds) => Number(document.querySelector('#run').dataset.seconds) >= seconds, seconds);
const own = (page, transport) => page.locator(`#${transport} .own`).evaluate((line) => Number(line.dataset.events));
const allHear = async (page, more) => {
  for (const one of TRANSPORTS) {
    const before = await own(page, one);
    await page.waitForFunction(([one, count]) => Number(document.querySelector(`#${one} .own`).dataset.events) >= count, [one, before + more]);
  }
};
/** From one corner to the other: at least one line. */
async function draw(page) {
  await page.locator('#board').scrollIntoViewIfNeeded();
  const { x, y, width, height } = await page.locator('#board').boundingBox();
  await page.mouse.move(x + width * 0.12, y + height * 0.7);
  await page.mouse.down();
  for (let step = 1; step <= 40; step += 1) {
    await page.mouse.move(x + width * (0.12 + step * 0.019), y + height * (0.5 + 0.28 * Math.cos(step / 4)));
    await page.waitForTimeout(16);
  }
  await page.mouse.up();
}
const lines = (page, least) => page.waitForFunction((least) => Number(document.querySelector('#board').dataset.lines) >= least, least);
const joined = (page) => page.waitForFunction(() => document.querySelector('#chat-state').dataset.state === 'open');
async function say(page, text) {
  await page.fill('#chat-text', text);
  await page.press('#chat-text', 'Enter');
}
const reads = (page, text) => page.locator('#chat-log', { hasText: text }).waitFor();
const shot = (page, name) => page.screenshot({ path: `${directory}/${name}.png`, fullPage: true });

try {
  const page = await open({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  await page.click('#start');

  await check('all four reach this browser', () => allHear(page, 2));
  await check('all four show figures', async () => {
    await slide(page, 'rate', 7);
    await page.waitForFunction(() => Number(document.querySelector('#run').dataset.seconds) < 2);
    await ran(page, 8);
    for (const name of ['bytes', 'requests', 'p50', 'rate']) {
      const of = await figures(page, name);
      holds(Object.values(of).every((value) => value > 0), `${name}: ${JSON.stringify(of)}`);
    }
  });
  await check('at 10 events a second a WebSocket takes the fewest bytes, long polling the most', async () => {
    const { polling, 'long-polling': long, streaming, websocket } = await figures(page, 'bytes');
    holds(websocket < streaming && streaming < polling && polling < long, `${websocket} ${streaming} ${polling} ${long}`);
  });
  await check('polling makes one request for each interval, the streams one in all', async () => {
    const of = await figures(page, 'requests');
    const polls = await page.locator('#run').evaluate((run) => Number(run.dataset.seconds));
    holds(Math.abs(of.polling - polls) <= 1.6, `${of.polling} in ${polls} s`);
    holds(of.streaming === 1 && of.websocket === 1, JSON.stringify(of));
  });
  await check('a message to the server takes fewer bytes over a WebSocket than in a POST', async () => {
    const [post, message] = await page.locator('#up tbody [data-figure=bytes]').evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.value)));
    holds(message > 0 && message < post, `${message} ${post}`);
    await page.click('#say');
    await page.waitForFunction(() => [...document.querySelectorAll('[data-own=trip]')].every((cell) => Number(cell.dataset.value) > 0));
  });
  await check('the verdict follows the sliders', async () => {
    const verdict = () => page.getAttribute('#verdict', 'data-verdict');
    holds(await verdict() === 'websocket', 'at 10 a second');
    await slide(page, 'interval', 6);
    await slide(page, 'rate', 0);
    holds(await verdict() === 'polling', 'at 2 a minute');
    // Before the first event there are no delays.
    await page.waitForFunction(() => document.querySelector('#websocket [data-figure=p50]').dataset.value === '');
    await slide(page, 'interval', 2);
    await slide(page, 'rate', 7);
  });
  await check('a poll that waits takes the new interval', () => allHear(page, 2));

  const other = await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', deviceScaleFactor: 2, isMobile: true, hasTouch: true });
  await check('the other tab has the same sliders', () => other.waitForFunction(() => document.querySelector('#rate-shown').textContent === '10 a second'));
  await check('what one draws is on the other board', async () => {
    await draw(page);
    await lines(other, 10);
    await other.locator('#pointers span').waitFor({ state: 'attached' });
    await other.waitForFunction(() => document.querySelector('#board-state').dataset.here === '2');
  });
  await check('two tabs hear each other in the chat, and see each other', async () => {
    await joined(page);
    await joined(other);
    await say(page, 'Is anybody here?');
    await reads(other, 'Is anybody here?');
    await say(other, 'Yes: <b>in the other tab</b>');
    await reads(page, 'Yes: <b>in the other tab</b>');
    await page.waitForFunction(() => Number(document.querySelector('#presence').dataset.count) === 2);
  });
  await check('a newcomer finds what was drawn and said', async () => {
    const third = await open({ viewport: { width: 800, height: 900 } });
    await lines(third, 10);
    await reads(third, 'Is anybody here?');
    await third.context().close();
    await page.waitForFunction(() => Number(document.querySelector('#presence').dataset.count) === 2);
  });
  await check('another room hears nothing of it', async () => {
    await other.fill('#chat-room', 'attic');
    await other.press('#chat-room', 'Enter');
    await other.waitForFunction(() => document.querySelector('#chat-log').childElementCount === 0 && document.querySelector('#presence').dataset.count === '1');
    await other.fill('#chat-room', 'lobby');
    await other.press('#chat-room', 'Enter');
    await reads(other, 'Is anybody here?');
  });

  await slide(page, 'rate', 5);
  await other.click('#start');
  await page.waitForTimeout(12_000);
  for (const colorScheme of ['light', 'dark']) {
    for (const [one, size] of [[page, 'wide'], [other, 'narrow']]) {
      await one.emulateMedia({ colorScheme });
      await one.waitForTimeout(700);
      await shot(one, `${size}-${colorScheme}`);
    }
  }
  await check('nothing is wider than a phone', async () => {
    const wide = await other.evaluate(() => document.documentElement.scrollWidth);
    holds(wide <= 390, `${wide} pixels`);
  });

  await check('after a restart of the server everything goes on', async () => {
    await stop();
    await page.waitForFunction(() => document.querySelector('#state').dataset.state === 'reconnecting');
    await start(new URL(url).host);
    await page.waitForFunction(() => document.querySelector('#state').dataset.state === 'open');
    await allHear(page, 2);
    await page.waitForFunction(() => document.querySelector('#polling [data-figure=bytes]').dataset.value > 0);
    await joined(page);
    await joined(other);
    await say(page, 'Here we are again');
    await reads(other, 'Here we are again');
    await draw(page);
    await lines(other, 10);
  });
  await check('no script failed', async () => holds(errors.length === 0, errors.join('; ')));
} finally {
  await browser.close();
  server.kill();
}
process.exitCode = failed > 0 ? 1 : 0;
