// Taking access back.

import assert from 'node:assert/strict';

import { story } from './harness/story.js';

story('by an approver, with a confirm', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  const card = alice.card('aws role');
  await card.confirm('Approve 2h', 'Approve 2h?');
  await card.press('Revoke');
  await alice.dialog('Revoke the access?').says('rita@example.com loses aws role');
  await alice.dialog('Revoke the access?').press('Revoke');
  await card.says('Revoked by @Alice', 'It had been granted by @Alice for 2 hours');
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com', 'revoke as alice@example.com']);
});

story('by the requester, who is done', async ({ desk, sandbox }) => {
  const alice = await desk('Alice');
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  const rita = await alice.screen.beside('Rita', { at: 'p0' });
  await rita.message('Approved by @Alice').press("Revoke: I'm done");
  await rita.dialog('Revoke the access?').press('Revoke');
  await alice.card('aws role').says('Revoked by @Rita');
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com', 'revoke as rita@example.com']);
});
