// Chromium, headless, against an echo server: node browser.mjs URL, with CHROMIUM naming the browser.
// With TRUST=all it asks no certificate, with HTTP2=off it speaks HTTP/1.1 alone. Opens the server's own page and
// watches it count; then runs the echo checks from that page's origin.
import { chromium } from 'playwright-core';
import { echoChecks, print } from './echo_checks.mjs';

const url = process.argv[2];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  // No sandbox: root has none. The rest keeps the browser from calling home.
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ...(process.env.TRUST === 'all' ? ['--ignore-certificate-errors'] : []),
    ...(process.env.HTTP2 === 'off' ? ['--disable-http2'] : []),
  ],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));

  let failure = null;
  try {
    await page.goto(url.replace(/^ws/, 'http'));
    await page.waitForFunction(() => Number(document.querySelector('#count').textContent) > 5);
    const status = await page.textContent('#status');
    const error = await page.textContent('#error');
    if (status !== 'open' || error !== '' || errors.length > 0) {
      failure = `status ${status}, error ${error}, ${errors}`;
    }
  } catch (error) {
    const shown = await page.innerText('body', { timeout: 1000 }).catch(() => 'nothing');
    failure = `${error.message.split('\n')[0]}; the page showed: ${shown.replace(/\s+/g, ' ').trim()}`;
  }
  print([['the page counts round trips', failure]]);
  print(await page.evaluate(`(${echoChecks})(WebSocket, ${JSON.stringify(url)})`));
} finally {
  await browser.close();
}
