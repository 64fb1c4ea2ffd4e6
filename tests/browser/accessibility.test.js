// For everybody: axe finds nothing grave, thumbs hit, nothing is cut off at 360 px or at 400 %.

import assert from 'node:assert/strict';

import { accessible, forThumbs, withoutScrollingSideways } from './harness/accessibility.js';
import { story } from './harness/story.js';

const PANES = ['P0', 'On call', 'Disk', 'Faults', 'Story'];

for (const colorScheme of ['light', 'dark']) {
  story(`a desk, ${colorScheme}`, async ({ desk }) => {
    const alice = await desk('Alice', { colorScheme });
    const { page } = alice.screen;
    await alice.card('aws role').says('Waiting for a decision');
    await accessible(page);
    await alice.card('aws role').press('Approve for…');
    await alice.at.getByRole('listbox').waitFor();
    await accessible(page);
    await page.keyboard.press('Escape');
    await alice.card('aws role').press('Approve 2h');
    await alice.dialog('Approve 2h?').says('rita@example.com gets');
    await accessible(page);
    await alice.dialog('Approve 2h?').press('Approve 2h');
    await alice.card('aws role').says('Approved by @Alice');
    await alice.card('gcloud role').press('Deny');
    await alice.dialog('Deny the request').says('will not get');
    await accessible(page);
    await alice.dialog('Deny the request').press('Cancel');
    for (const pane of PANES) {
      await alice.screen.open(pane);
      await accessible(page);
    }
    await alice.screen.story.start('Revoke');
    await accessible(page);
  });

  story(`a phone, ${colorScheme}`, async ({ phone }) => {
    const alice = await phone('Alice', { colorScheme, device: 'narrow' });
    const { page } = alice.screen;
    const good = async () => {
      await accessible(page);
      await withoutScrollingSideways(page);
      await forThumbs(alice.at);
    };
    await alice.card('aws role').says('Waiting for a decision');
    await good();
    await alice.card('aws role').press('Approve for…');
    await alice.at.getByRole('listbox').waitFor();
    await good();
    await page.keyboard.press('Escape');
    await alice.card('aws role').press('Approve 2h');
    await alice.dialog('Approve 2h?').says('rita@example.com gets');
    await good();
    await alice.dialog('Approve 2h?').press('Approve 2h');
    await alice.card('aws role').says('Approved by @Alice');
    await alice.card('gcloud role').press('Deny');
    await alice.dialog('Deny the request').says('will not get');
    await good();
    await alice.dialog('Deny the request').press('Cancel');
    for (const pane of PANES) {
      await alice.screen.open(pane);
      await accessible(page);
      await withoutScrollingSideways(page);
    }
  });
}

story('a window at 400 %', async ({ phone, sandbox }) => {
  const alice = await phone('Alice', { device: 'zoomed' });
  const { page } = alice.screen;
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await alice.card('aws role').says('Approved by @Alice');
  await alice.card('gcloud role').press('Deny');
  await withoutScrollingSideways(page);
  await alice.dialog('Deny the request').field('Reason').fill('Not from here');
  await alice.dialog('Deny the request').press('Deny');
  await alice.card('gcloud role').says('Denied by @Alice');
  for (const pane of PANES) {
    await alice.screen.open(pane);
    await withoutScrollingSideways(page);
  }
  assert.equal((await sandbox.calls()).length, 2);
});
