// What becomes of a click where P0, Slack or the bot itself fails.

import assert from 'node:assert/strict';

import { eventually } from './harness/sandbox.js';
import { story } from './harness/story.js';

story('a lost answer is an unknown outcome, and is not sent again by itself', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  const card = alice.card('aws role');
  await alice.screen.faults.choose('P0', /its answer is lost/);
  await card.confirm('Approve 2h', 'Approve 2h?');
  await card.says('Outcome unknown', "P0's answer was lost. It may have counted.");
  await card.at.getByRole('link', { name: 'Check in P0' }).waitFor();
  await alice.open('p0');
  await alice.message('The outcome of your choice (Approve for 2 hours)').says('Look in P0, try again, or revoke.');
  assert.equal((await sandbox.calls()).length, 1);
});

story('an unknown outcome is tried again by hand', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  const card = alice.card('aws role');
  await alice.screen.faults.choose('P0', /^A proxy answers/);
  await card.confirm('Approve 2h', 'Approve 2h?');
  await card.says('Outcome unknown');
  await alice.screen.faults.choose('P0', 'P0 works');
  await card.confirm('Try again', 'Approve once more?');
  await card.says('Approved by @Alice for 2 hours');
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com (502)', 'approve 2h as alice@example.com']);
});

story('what P0 refuses is told in its own words', async ({ desk }) => {
  const alice = await desk('Alice');
  const card = alice.card('aws role');
  await alice.screen.faults.choose('P0', /^P0 refuses/);
  await card.confirm('Approve 2h', 'Approve 2h?');
  await card.says("P0 refused @Alice's choice (Approve for 2 hours)", 'P0 says: Invalid or expired request');
  await alice.screen.p0.heard('approve', '400');
});

story('P0 is down and comes back: the click was not lost', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  const card = alice.card('aws role');
  await sandbox.fault({ p0: 'down' });
  await card.confirm('Approve 2h', 'Approve 2h?');
  await card.says('Received: @Alice chose Approve for 2 hours', 'P0 has not been told yet.');
  await sandbox.fault({ p0: 'none' });
  await card.says('Approved by @Alice for 2 hours');
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com']);
});

story('the bot is killed between the press and P0: the click was not lost', async ({ desk, sandbox }) => {
  const alice = await desk('Alice');
  const { faults, disk } = alice.screen;
  const card = alice.card('aws role');
  await faults.choose('P0', /^P0 is down/);
  await card.confirm('Approve 2h', 'Approve 2h?');
  await card.says('Received: @Alice chose Approve for 2 hours');
  // After its third try the bot waits for 4 s: a kill amid a try would leave the outcome unknown.
  await eventually(async () =>
    assert.deepEqual(
      (await sandbox.decisions()).map(({ stage, tries }) => [stage, tries]),
      [['recorded', 3]],
    ),
  );
  await faults.killTheBot();
  await disk.holds('approve', 'recorded');
  await faults.choose('P0', 'P0 works');
  assert.deepEqual(await sandbox.calls(), []);
  await faults.startTheBot();
  await card.says('Approved by @Alice for 2 hours');
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com']);
});

story('a press while the bot is down is told at once', { forgives: [/502/] }, async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  await alice.card('aws role').says('Waiting for a decision');
  await alice.screen.faults.killTheBot();
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await alice.at
    .getByText(/was not reached|did not respond/)
    .first()
    .waitFor();
  await alice.screen.faults.startTheBot();
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await alice.card('aws role').says('Approved by @Alice');
});

story('P0 is busy: the click waits as long as P0 says', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  await sandbox.fault({ p0: 'busy' });
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await eventually(async () => assert.match((await sandbox.calls()).join(), /429/));
  await sandbox.fault({ p0: 'none' });
  await alice.card('aws role').says('Approved by @Alice for 2 hours');
});

story('Slack is busy: nobody is asked who the approver is, so the click waits', async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  await alice.card('aws role').says('Waiting for a decision');
  await sandbox.fault({ slack: 'busy' });
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await alice.screen.disk.holds('approve', 'recorded');
  assert.deepEqual(await sandbox.calls(), []);
  await sandbox.fault({ slack: 'none' });
  await alice.card('aws role').says('Approved by @Alice for 2 hours');
});
