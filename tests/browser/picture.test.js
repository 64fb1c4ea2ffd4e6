// The README's picture. `npm run picture` takes it anew; any other run only looks whether everything is in it.

import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { ARTIFACTS, story } from './harness/story.js';

const PICTURE = fileURLToPath(new URL('sandbox.png', import.meta.url));
const README = new URL('../../README.md', import.meta.url);

/** Wide enough for both clients and what is behind the scenes. */
const viewport = { width: 1600, height: 920 };

story('a decided card at a desk, the next one on a phone, and what P0 was told', async ({ desk }) => {
  const carol = await desk('Carol', { viewport });
  const { page, p0 } = carol.screen;
  await carol.press(page.getByRole('button', { name: 'Close the introduction' }));
  const alice = await carol.screen.beside('Alice', { at: 'p0' });
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await carol.card('aws role').says('Active until', 'Approved by @Alice for 2 hours');
  await alice.card('ssh session').press('Approve 30m');
  await carol.card('aws role').at.scrollIntoViewIfNeeded();
  await p0.heard('approve', 'alice@example.com', '200');

  const taken = `${ARTIFACTS}sandbox.png`;
  await page.screenshot({ path: taken });
  for (const seen of [
    carol.card('aws role').at.getByText('Active'),
    carol.card('aws role').button('Revoke'),
    alice.dialog('Approve 30m?').button('Approve 30m'),
    page.getByRole('list', { name: 'Calls of the bot' }).getByText('alice@example.com'),
  ]) {
    assert.ok(await within(seen, viewport), `${seen} is not in the picture`);
  }
  if (process.env.P0CHATOPS_TEST_PICTURE) await copyFile(taken, PICTURE);
  assert.match(await readFile(README, 'utf8'), /\]\(tests\/browser\/sandbox\.png\)/);
  assert.deepEqual(await size(PICTURE), viewport);
});

/** Whether all of an element is to be seen: in the window, and not covered. */
async function within(locator, { width, height }) {
  const { x, y, ...box } = await locator.boundingBox();
  return x >= 0 && y >= 0 && x + box.width <= width && y + box.height <= height;
}

/** What a PNG says of itself in its first chunk. */
async function size(file) {
  const bytes = await readFile(file);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
