// Approving: in two taps from the notification, for less than was asked, and not by the one who asks.

import assert from 'node:assert/strict';

import { story } from './harness/story.js';

story('two taps on a phone, from the notification', { seed: 'seed.toml' }, async ({ phone, sandbox }) => {
  const yuki = await phone('Yuki', { at: null });
  await yuki.press(yuki.notification('Access request: zoe@example.com asks for vault secret for 30m.'));
  yuki.taps = 0;
  await yuki.card('vault secret').press('Approve 30m');
  const asked = yuki.dialog('Approve 30m?');
  await asked.says('zoe@example.com gets vault secret', 'for 30 minutes.');
  await asked.press('Approve 30m');
  assert.equal(yuki.taps, 2);
  await yuki.card('vault secret').says('Approved by @Yuki for 30 minutes');
  await yuki.screen.p0.heard('approve', 'yuki@example.com');
  assert.deepEqual(await sandbox.calls(), ['approve 30m as yuki@example.com']);
  await yuki.card('vault secret').says('Active until');
});

for (const device of ['phone', 'desk']) {
  story(`for less than was asked, ${device}`, async ({ [device]: open, sandbox }) => {
    const alice = await open('Alice');
    await alice.card('aws role').choose('Approve for…', '1h');
    const asked = alice.dialog('Approve for that long?');
    await asked.says('The length that you chose will count; the card will restate it.');
    await asked.press('Approve');
    await alice.card('aws role').says('Approved by @Alice for 1 hour');
    assert.deepEqual(await sandbox.calls(), ['approve 1h as alice@example.com']);
  });
}

story('what is not confirmed does not reach P0', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  await alice.card('aws role').press('Approve 2h');
  await alice.dialog('Approve 2h?').press('Cancel');
  await alice.dialog('Approve 2h?').gone();
  await alice.card('gcloud role').confirm('Approve 24h', 'Approve 24h?');
  await alice.card('gcloud role').says('Approved by @Alice for 24 hours');
  assert.deepEqual(await sandbox.calls(), ['approve 24h as alice@example.com']);
  await alice.card('aws role').says('Waiting for a decision');
});
