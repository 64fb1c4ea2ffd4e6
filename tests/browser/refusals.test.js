// Who may not decide, and who comes second.

import assert from 'node:assert/strict';

import { story } from './harness/story.js';

story('a guest is told to ask a full member', async ({ phone, sandbox }) => {
  const gus = await phone('Gus');
  await gus.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await gus.open('p0');
  await gus.message('Guests cannot decide here. Ask a full member.').says('was not sent to P0');
  assert.deepEqual(await sandbox.calls(), []);
});

story('nobody approves what they asked for', async ({ phone, sandbox }) => {
  const rita = await phone('Rita');
  await rita.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await rita.whisper('This is your own request').says('somebody else has to approve it');
  assert.deepEqual(await sandbox.calls(), []);
});

story('two people at once: one wins, the other is told', async ({ desk, phone, sandbox }) => {
  const [alice, bob] = [await desk('Alice'), await phone('Bob')];
  await sandbox.fault({ p0: 'slow' });
  for (const person of [alice, bob]) await person.card('aws role').press('Approve 2h');
  await Promise.all([alice, bob].map((person) => person.dialog('Approve 2h?').press('Approve 2h')));
  await Promise.all([alice, bob].map((person) => person.card('aws role').says('Approved by @')));
  const [call, ...others] = await sandbox.calls();
  assert.deepEqual(others, []);
  const second = call.endsWith('alice@example.com') ? bob : alice;
  await second.open('p0');
  await second.message('Somebody was first').says('was approved by @');
});

story('a member of another company is told that only members decide', async ({ phone, sandbox }) => {
  const [alice, sam] = [await phone('Alice'), await phone('Sam', { at: null })];
  await alice.card('aws role').says('Waiting for a decision');
  await alice.screen.faults.shareTheChannel();
  await sam.open('#access-requests');
  await sam.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await sam.whisper('Only members of this company can decide here').says('you are a guest from another one');
  assert.deepEqual(await sandbox.calls(), []);
});
