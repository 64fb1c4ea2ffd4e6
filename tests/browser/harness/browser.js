// One Chromium for each file of stories, and pages that tell of everything that went wrong in them.

import { chromium } from 'playwright-core';

import { findChromium } from './chromium.js';
import { PATIENCE } from './sandbox.js';

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // No other host is ever reached, whatever a page asks for.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

const COMMON = { colorScheme: 'light', reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' };

/** What a person looks through. */
const DEVICES = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  narrow: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  // A desk's window at 400 %.
  zoomed: { viewport: { width: 320, height: 256 } },
};

let launched;

/** The file's browser, started when the first story needs it. */
function browser() {
  launched ??= launch();
  return launched;
}

async function launch() {
  return chromium.launch({ executablePath: await findChromium(), args: FLAGS });
}

/** Ends the file's browser, where there is one. */
export async function closeBrowser() {
  await (await launched)?.close();
}

/**
 * A page at `url` on a device, with further `options` of playwright's, and `troubles`: console errors, broken rules of
 * the content security policy, requests that failed, and requests to anywhere but `url`'s host, which nothing reaches;
 * also of the tabs that it opens, which may go to any port of this computer. `before` is given the page while it is
 * empty.
 */
export async function openPage(url, { device, before, ...options }) {
  const context = await newContext({ device, ...options });
  const troubles = [];
  const own = new URL(url);
  const page = await context.newPage();
  watch(page, troubles, ({ origin }) => origin === own.origin);
  context.on('page', (tab) => watch(tab, troubles, ({ hostname }) => hostname === own.hostname));
  await before?.(page);
  await page.goto(url);
  return { page, troubles };
}

/** A browser of somebody's with no cookies in it; whoever opens it closes it. */
export async function newContext({ device, ...options }) {
  const context = await (await browser()).newContext({ ...COMMON, ...DEVICES[device], ...options });
  context.setDefaultTimeout(PATIENCE);
  return context;
}

function watch(page, troubles, mayAsk) {
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => troubles.push(`script: ${error.stack}`));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (!['data:', 'blob:'].includes(asked.protocol) && !mayAsk(asked)) troubles.push(`asks for ${request.url()}`);
  });
  page.on('websocket', (socket) => troubles.push(`opens ${socket.url()}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // A page that is left ends what it listened to.
    if (why !== 'net::ERR_ABORTED') troubles.push(`failed: ${request.url()} ${why}`);
  });
}
