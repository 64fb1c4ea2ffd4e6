// The stories that the sandbox tells, each to its end.

import assert from 'node:assert/strict';

import { story } from './harness/story.js';

const TITLES = [
  'Night call',
  'Nobody answers at night',
  'Two approvers at once',
  'Lost answer',
  'Approve for less',
  'Revoke',
  'Killed between the press and P0',
  'P0’s settings',
];

/** Each change of the settings draws every card anew that waits, which is more than Slack takes in so short a time. */
const SLOW = 'P0’s settings';

for (const title of TITLES.filter((one) => one !== SLOW)) {
  story(`${title}, step by step`, async ({ desk, sandbox }) => {
    const { story: pane } = (await desk('Alice')).screen;
    assert.deepEqual(await pane.titles(), TITLES);
    await pane.start(title);
    await pane.stepToTheEnd();
    const { story } = await sandbox.state();
    assert.deepEqual(
      story.steps.map(({ state, trouble }) => [state, trouble]),
      story.steps.map(() => ['done', null]),
    );
    await pane.leave();
    assert.deepEqual(await pane.titles(), TITLES);
  });
}
