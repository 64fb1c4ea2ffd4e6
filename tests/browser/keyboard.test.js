// Everything without a mouse: Tab, the arrows, Enter, Space and Escape.

import assert from 'node:assert/strict';

import { Keyboard } from './harness/keyboard.js';
import { story } from './harness/story.js';

story('a length is picked and confirmed', async ({ desk, sandbox }) => {
  const alice = await desk('Alice');
  const keys = new Keyboard(alice.screen.page);
  const card = alice.card('aws role');
  await keys.reach(card.button('Approve for…'));
  await keys.press('Enter');
  await alice.at.getByRole('listbox').waitFor();
  await keys.press('Escape');
  await keys.at(card.button('Approve for…'));
  await keys.press('ArrowDown');
  await keys.reach(alice.at.getByRole('option', { name: '1h', exact: true }), 'ArrowDown');
  await keys.press('Enter');
  await keys.reach(alice.dialog('Approve for that long?').button('Approve'));
  await keys.press('Enter');
  await card.says('Approved by @Alice for 1 hour');
  assert.deepEqual(await sandbox.calls(), ['approve 1h as alice@example.com']);
});

story('a confirm and a modal are left with Escape, and the focus comes back', async ({ desk, sandbox }) => {
  const alice = await desk('Alice');
  const keys = new Keyboard(alice.screen.page);
  const card = alice.card('aws role');
  await keys.reach(card.button('Approve 2h'));
  await keys.press('Enter');
  await alice.dialog('Approve 2h?').says('rita@example.com gets');
  await keys.press('Escape');
  await keys.at(card.button('Approve 2h'));
  await keys.reach(card.button('Deny'));
  await keys.press('Space');
  await alice.dialog('Deny the request').says('will not get');
  await keys.press('Escape');
  await alice.dialog('Deny the request').gone();
  await keys.at(card.button('Deny'));
  assert.deepEqual(await sandbox.calls(), []);
});

story('a reason is typed', async ({ desk, sandbox }) => {
  const alice = await desk('Alice');
  const keys = new Keyboard(alice.screen.page);
  await keys.reach(alice.card('aws role').button('Deny'));
  await keys.press('Enter');
  const modal = alice.dialog('Deny the request');
  await keys.reach(modal.field('Reason'));
  await keys.type('Not today');
  await keys.reach(modal.button('Deny'));
  await keys.press('Enter');
  await alice.card('aws role').says('Denied by @Alice', 'Reason: Not today');
  assert.deepEqual(await sandbox.calls(), ['deny as alice@example.com']);
});

story('another person, another conversation, another pane', async ({ desk }) => {
  const alice = await desk('Alice');
  const { page } = alice.screen;
  const keys = new Keyboard(page);
  await keys.reach(alice.person);
  await keys.type('Rita');
  await keys.reach(alice.conversation('p0'));
  await keys.press('Enter');
  await alice.message('Your request for').first;
  const tabs = page.getByRole('tablist', { name: 'Behind the scenes' });
  await keys.reach(tabs.getByRole('tab', { selected: true }));
  await keys.reach(tabs.getByRole('tab', { name: 'Faults' }), 'ArrowRight');
  await page.getByRole('tabpanel', { name: 'Faults' }).waitFor();
  await keys.reach(page.getByRole('radiogroup', { name: 'P0' }).getByRole('radio', { checked: true }));
  await keys.press('ArrowDown');
  await page.getByRole('radiogroup', { name: 'P0' }).getByRole('radio').nth(1).and(page.locator(':checked')).waitFor();
});

story('a command is typed on a phone’s page with a keyboard', async ({ phone }) => {
  const alice = await phone('Alice');
  const keys = new Keyboard(alice.screen.page);
  await keys.reach(alice.box);
  await keys.type('/p0 whoami');
  await keys.press('Enter');
  await alice.whisper('You are @Alice, to P0 alice@example.com').says('your own token');
});
