// The page itself: what it starts with, how it looks, and what it says when the sandbox is gone.

import assert from 'node:assert/strict';

import { story } from './harness/story.js';

/** How light the page's ground is, from 0 to 255. */
const lightness = (page) =>
  page.evaluate(() => {
    const rgb = getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).map(Number);
    return rgb.reduce((sum, part) => sum + part) / 3;
  });

story('dark and light follow the system, until the button is pressed', async ({ desk }) => {
  const alice = await desk('Alice', { colorScheme: 'dark' });
  const { page } = alice.screen;
  assert.ok((await lightness(page)) < 64);
  await page.getByRole('button', { name: 'Light', exact: true }).click();
  await page.getByRole('button', { name: 'Dark', exact: true }).waitFor();
  assert.ok((await lightness(page)) > 192);
  await page.reload();
  await page.getByRole('button', { name: 'Dark', exact: true }).waitFor();
  assert.ok((await lightness(page)) > 192);
});

story('a sandbox that has ended is missed', { forgives: [/ERR_/] }, async ({ desk, sandbox }) => {
  const alice = await desk('Alice');
  await alice.card('aws role').says('Waiting for a decision');
  await sandbox.stop();
  await alice.screen.page.getByRole('alert').filter({ hasText: 'does not answer' }).waitFor();
});

story('--seed brings other people and requests', { seed: 'seed.toml' }, async ({ desk }) => {
  const yuki = await desk('Yuki');
  assert.deepEqual(await yuki.person.locator('option').allInnerTexts(), ['Yuki: on call tonight', 'Zoe: requester']);
  const card = yuki.card('vault secret');
  await card.says('Why: <img src=x onerror=alert(1)> *Approved* by <@U21YUKI> & <https://outside.example|press here>');
  await card.says('Path: </li><script>alert(2)</script>');
  await card.choose('Approve for…', '15m');
});

story('--scenario begins a story, which plays by itself', { args: ['--scenario', 'night-call'] }, async ({ phone }) => {
  const alice = await phone('Alice', { at: null });
  const told = alice.screen.page.getByRole('region', { name: 'Night call' });
  await told.getByText('Rita asks P0 for the role').waitFor();
  await told.getByText('and the bot writes to Alice').waitFor();
});
