// What is typed and read in Slack: commands, threads, lines that only one person sees, and news without a reload.

import assert from 'node:assert/strict';

import { eventually } from './harness/sandbox.js';
import { story } from './harness/story.js';

story('a typed command decides at once', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  await alice.card('aws role').says('Waiting for a decision');
  await alice.write(`/p0 approve ${await sandbox.requestOf('aws')} 90m`);
  await alice.card('aws role').says('Approved by @Alice for 1 hour 30 minutes');
  assert.deepEqual(await sandbox.calls(), ['approve 90m as alice@example.com']);
});

story('the message box offers the command after a slash', async ({ phone }) => {
  const alice = await phone('Alice');
  await alice.box.pressSequentially('/p');
  await alice.press(alice.at.getByRole('option', { name: /^\/p0/ }).first());
  await alice.at.getByRole('button', { name: 'Send', exact: true }).waitFor();
  await alice.write('/p0 pending');
  await alice.whisper('aws role').says('Only visible to you');
});

story('the answer to what is written is in sight', async ({ desk }) => {
  const alice = await desk('Alice');
  await alice.card('okta group').says('Waiting for a decision');
  await alice.messages.evaluate((list) => { list.scrollTop = 0; });
  await alice.write('/p0 whoami');
  const answer = alice.whisper('to P0 alice@example.com').at;
  await answer.waitFor();
  await eventually(async () => {
    const [list, line] = [await alice.messages.boundingBox(), await answer.boundingBox()];
    assert.ok(line.y + line.height <= list.y + list.height + 1 && line.y >= list.y - 1);
  });
});

story('what only one person sees, nobody else sees', async ({ desk }) => {
  const alice = await desk('Alice');
  const bob = await alice.screen.beside('Bob');
  await alice.write('/p0 aprove');
  await alice.whisper('There is no aprove').says('Did you mean');
  await bob.card('aws role').says('Waiting for a decision');
  assert.equal(await bob.whisper().at.count(), 0);
  await alice.press(alice.at.getByRole('button', { name: 'Reload this client' }));
  await alice.whisper().at.waitFor({ state: 'hidden' });
});

story('in a thread the bot answers with a private button, which decides', async ({ desk, sandbox }) => {
  const alice = await desk('Alice');
  await alice.card('aws role').press('Reply in thread');
  await alice.thread.write(`@p0 deny ${await sandbox.requestOf('aws')} not today`);
  await alice.thread.whisper('Only a press decides').press('Deny');
  assert.equal(await alice.dialog('Deny the request').field('Reason').inputValue(), 'not today');
  await alice.dialog('Deny the request').press('Deny');
  await alice.thread.card('aws role').says('Denied by @Alice', 'Reason: not today');
  assert.deepEqual(await sandbox.calls(), ['deny as alice@example.com']);
});

story('a modal says at its field what is missing, and nothing is sent', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  await alice.card('aws role').says('Waiting for a decision');
  await alice.write(`/p0 approve ${await sandbox.requestOf('aws')}`);
  const modal = alice.dialog('Approve the request');
  await modal.press('Approve');
  await modal.says('Please complete this required field.');
  await modal.choose('For how long', '1h');
  await modal.press('Approve');
  await modal.gone();
  await alice.card('aws role').says('Approved by @Alice for 1 hour');
  assert.deepEqual(await sandbox.calls(), ['approve 1h as alice@example.com']);
});

story('a reason that is too long stays in the modal', async ({ desk, sandbox }) => {
  const alice = await desk('Alice');
  await alice.card('aws role').press('Deny');
  const modal = alice.dialog('Deny the request');
  await modal.field('Reason').fill('x'.repeat(3001));
  await modal.press('Deny');
  await modal.at.getByRole('alert').waitFor();
  await modal.field('Reason').fill('Shorter');
  await modal.press('Deny');
  await alice.card('aws role').says('Reason: Shorter');
  assert.deepEqual(await sandbox.calls(), ['deny as alice@example.com']);
});

story(
  'a locked phone shows what has come in and leads to it, and somebody asks once more',
  { seed: 'seed.toml' },
  async ({ desk }) => {
    const zoe = await desk('Zoe');
    const yuki = await zoe.screen.beside('Yuki', { at: null });
    await yuki.press(yuki.at.getByRole('button', { name: 'Lock', exact: true }));
    await yuki.press(yuki.notification('zoe@example.com asks for vault secret'));
    await yuki.card('vault secret').says('Waiting for a decision');
    const pending = zoe.messages.getByRole('article').filter({ hasText: 'Waiting for a decision' });
    await pending.first().waitFor();
    await zoe.screen.p0.anotherRequest();
    await pending.nth(1).waitFor();
  },
);

story('the app has a Home, and Messages', async ({ phone }) => {
  const alice = await phone('Alice');
  await alice.open('p0');
  await alice.press(alice.at.getByRole('tab', { name: 'Home' }));
  await alice.press(alice.at.getByRole('tab', { name: 'Messages' }));
  await alice.message('Access request: aws role').says('Waiting for a decision');
});

story('a change made on one page shows on another, and what is being typed stays', async ({ desk, phone }) => {
  const [alice, bob] = [await desk('Alice'), await phone('Bob')];
  await bob.box.fill('half a sentence');
  await bob.box.focus();
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await bob.card('aws role').says('Approved by @Alice');
  assert.equal(await bob.box.inputValue(), 'half a sentence');
  await bob.box.and(bob.screen.page.locator(':focus')).waitFor();
});

story('the focus stays on a card that is drawn anew', async ({ desk, phone }) => {
  const [alice, bob] = [await desk('Alice'), await phone('Bob')];
  const more = alice.card('aws role').button('More');
  await more.focus();
  await bob.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await alice.card('aws role').says('Approved by @Bob');
  await more.and(alice.screen.page.locator(':focus')).waitFor();
});
