// Denying, with a reason that the requester reads.

import assert from 'node:assert/strict';

import { story } from './harness/story.js';

for (const device of ['phone', 'desk']) {
  story(`with a reason, ${device}`, async ({ [device]: open, phone, sandbox }) => {
    const [alice, rita] = [await open('Alice'), await phone('Rita')];
    await alice.card('aws role').press('Deny');
    const modal = alice.dialog('Deny the request');
    await modal.says('rita@example.com will not get aws role', 'The requester will read it.');
    await modal.field('Reason').fill('Take the *replica*, <@U02BOB> & co have it');
    await modal.press('Deny');
    await modal.gone();
    await alice.card('aws role').says('Denied by @Alice', 'Reason: Take the *replica*, <@U02BOB> & co have it');
    await rita.open('p0');
    await rita.message('Denied by @Alice').says('Reason: Take the *replica*, <@U02BOB> & co have it');
    assert.deepEqual(await sandbox.calls(), ['deny as alice@example.com']);
  });
}

story('a modal that is cancelled does not reach P0', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  const [modal, card] = [alice.dialog('Deny the request'), alice.card('aws role')];
  await card.press('Deny');
  await modal.field('Reason').fill('Not this one');
  await modal.press('Cancel');
  await modal.gone();
  await card.confirm('Approve 2h', 'Approve 2h?');
  await card.says('Approved by @Alice');
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com']);
});
