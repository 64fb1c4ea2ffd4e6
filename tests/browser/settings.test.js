// Changing P0's own settings: with a thumb, by typing what cannot be undone, and by two admins.

import assert from 'node:assert/strict';

import { accessible, forThumbs, withoutScrollingSideways } from './harness/accessibility.js';
import { Keyboard } from './harness/keyboard.js';
import { eventually } from './harness/sandbox.js';
import { ARTIFACTS, story } from './harness/story.js';

const PREVIEW = "Change P0's settings";

/** Opens a card's select, and closes it again: what it offers. */
async function offered(client, what) {
  const card = client.card(what);
  await client.press(card.button('Approve for…'));
  const options = client.at.getByRole('listbox').getByRole('option');
  await options.first().waitFor();
  const texts = await options.allInnerTexts();
  await client.screen.page.keyboard.press('Escape');
  return texts.map((text) => text.trim());
}

/** Out of the receipt, and with it out of all that lies below. */
async function leave(client) {
  const shown = client.dialog('P0 settings');
  await shown.says('Received');
  await shown.press('Close');
  await shown.gone();
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [375, 1280]) {
    const [device, height] = width < 700 ? ['phone', 667] : ['desk', 800];
    story(`every modal on the way, ${colorScheme}, ${width} px`, async ({ [device]: open }) => {
      const alice = await open('Alice', { colorScheme, viewport: { width, height } });
      const { page } = alice.screen;
      const good = async (name) => {
        await page.screenshot({ path: `${ARTIFACTS}settings-${name}-${colorScheme}-${width}.png` });
        await accessible(page);
        if (device === 'desk') return;
        await withoutScrollingSideways(page);
        await forThumbs(alice.at);
      };
      await alice.shortcut('P0 settings');
      const known = alice.dialog('P0 settings');
      await known.says('P0 lets nobody read its settings', 'stated in the settings file');
      await good('1-known');
      await known.press('Add…');
      const form = alice.dialog('Add a length');
      for (const [typed, complaint] of [
        ['-4h', 'cannot be negative'],
        ['4 years', 'is not a length'],
        ['0.5h', 'has to be whole'],
      ]) {
        await form.field('Length to add').fill(typed);
        await form.press('Next');
        await form.says(complaint);
      }
      await good('2-error');
      await form.press('Cancel');
      await known.press('Set approvals…');
      await alice.dialog('Approvals').says('A request needs a reason');
      await good('3-approvals');
      await alice.dialog('Approvals').press('Cancel');
      await known.press('Set longest grant…');
      await alice.dialog('Longest grant').field('Longest grant').fill('1h');
      await alice.dialog('Longest grant').press('Next');
      await alice.dialog(PREVIEW).says('The picker will offer 1h.', 'Type 1h to apply this');
      await good('4-typed');
    });
  }
}

story('a length is added with a thumb, and what waits follows', async ({ phone, sandbox }) => {
  const alice = await phone('Alice', { viewport: { width: 375, height: 667 } });
  await alice.card('okta group').says('Waiting for a decision');
  await alice.shortcut('P0 settings');
  await alice.dialog('P0 settings').press('Add…');
  await alice.dialog('Add a length').field('Length to add').fill('2h');
  await alice.dialog('Add a length').press('Next');
  await alice.dialog(PREVIEW).says('The picker will offer 1h, 2h, 4h, 8h.');
  assert.deepEqual(await sandbox.settingsCalls(), []);
  await alice.dialog(PREVIEW).press('Apply');
  await leave(alice);
  assert.ok(alice.taps <= 10, `${alice.taps} taps`);
  await eventually(async () => assert.deepEqual(await offered(alice, 'okta group'), ['1h', '2h', '4h', '8h']));
  assert.deepEqual(await sandbox.settingsCalls(), ['POST expiry-options 2h']);
  assert.deepEqual(await sandbox.settings(), ['1 hour', '2 hours', '4 hours', '8 hours', '1 day']);
  await alice.screen.p0.heard('POST expiry-options', 'with the settings key', '204, took effect');
  await alice.open('#p0-settings');
  await alice.message('Add 2 hours').says('P0 took it', 'Wanted by @Alice');
});

story('what P0 cannot give back is typed', async ({ phone, sandbox }) => {
  const alice = await phone('Alice', { viewport: { width: 375, height: 667 } });
  await alice.card('gcloud role').says('Waiting for a decision');
  await alice.write('/p0 settings max 1h');
  const line = alice.whisper('Not applied yet');
  await line.says('Grants of more than 1 hour are no longer possible.', '3 pending requests ask for more than that.');
  await line.press('Apply…');
  const preview = alice.dialog(PREVIEW);
  const box = preview.at.getByRole('textbox');
  await preview.press('Apply');
  await preview.says('Please complete this required field.');
  await box.fill('2h');
  await preview.press('Apply');
  await preview.says('That is not what has to be typed.');
  await forThumbs(alice.at);
  await box.fill('1h');
  await preview.press('Apply');
  await alice.dialog('P0 settings').says('Received');
  await alice.dialog('P0 settings').press('Close');
  // A length that could be chosen a moment ago cannot any more.
  await eventually(async () => assert.deepEqual(await offered(alice, 'okta group'), ['1h']));
  assert.deepEqual(await sandbox.settingsCalls(), ['PUT max-access-duration 1h']);
  assert.deepEqual(await sandbox.calls(), []);
});

story('a second admin agrees on a phone', async ({ desk, phone, sandbox }) => {
  const carol = await desk('Carol');
  await carol.write('/p0 settings max 2d');
  await carol.whisper('Not applied yet').says('A second admin has to agree');
  await carol.whisper('Not applied yet').press('Apply');
  await carol.whisper('Waits for a second admin').says('@Alice and @Bob were asked');
  assert.deepEqual(await sandbox.settingsCalls(), []);
  const bob = await phone('Bob', { viewport: { width: 375, height: 667 }, at: 'p0' });
  const card = bob.message('P0 settings: Longest grant 2 days');
  await card.says('Waits for a second admin', 'Wanted by @Carol');
  await accessible(bob.screen.page);
  await forThumbs(bob.at);
  await card.confirm('Agree', 'Agree to it?');
  await card.says('P0 took it', 'Agreed by @Bob');
  assert.equal(await card.button('Agree').count(), 0);
  assert.deepEqual(await sandbox.settingsCalls(), ['PUT max-access-duration 2d']);
  // Every copy says the same: in the channel, and to the other admin who was asked.
  await carol.open('#p0-settings');
  await carol.message('Longest grant 2 days').says('P0 took it', 'Agreed by @Bob');
  const alice = await phone('Alice', { at: 'p0' });
  await alice.message('P0 settings: Longest grant 2 days').says('P0 took it', 'Agreed by @Bob');
  assert.equal(await alice.message('P0 settings: Longest grant 2 days').button('Agree').count(), 0);
});

story('another admin declines', async ({ desk, phone, sandbox }) => {
  const carol = await desk('Carol');
  await carol.write('/p0 settings approvals one-party on reason off');
  await carol.whisper('Not applied yet').says('People may approve their own requests', 'A second admin has to agree');
  await carol.whisper('Not applied yet').press('Apply');
  const alice = await phone('Alice', { at: 'p0' });
  await alice.message('P0 settings: ', 'Wanted by @Carol').press('Decline');
  await alice.message('P0 settings: ', 'Wanted by @Carol').says('Declined by @Alice', 'Nothing was sent to P0');
  await carol.open('p0');
  await carol.message('P0 settings: ').says('Declined by @Alice');
  assert.deepEqual(await sandbox.settingsCalls(), []);
});

story('a reset whose answer is lost, and what was there is put back', async ({ phone, sandbox }) => {
  const alice = await phone('Alice', { viewport: { width: 375, height: 667 } });
  await alice.screen.p0.takesChanges('P0 makes the change, but its answer is lost');
  await alice.shortcut('P0 settings');
  await alice.dialog('P0 settings').press("Reset to P0's own…");
  const preview = alice.dialog(PREVIEW);
  await preview.says('What is lost');
  await preview.at.getByRole('textbox').fill('reset');
  await preview.press('Apply');
  await leave(alice);
  await alice.open('p0');
  const card = alice.message('P0 settings: Reset');
  await card.says('Outcome unknown', 'It may have been applied');
  const own = ['5 minutes', '1 hour', '1 day', '1 week', '30 days'];
  assert.deepEqual(await sandbox.settings(), [...own, '1 day']);
  assert.deepEqual(await sandbox.settingsCalls(), ['POST expiry-options/_reset']);
  await alice.screen.p0.takesChanges('P0 answers a change as its documentation shows');
  await card.press('Try again');
  await preview.at.getByRole('textbox').fill('reset');
  await preview.press('Apply');
  await preview.gone();
  await alice.press(alice.dialog('P0 settings').button('Close'));
  await alice.message('P0 settings: Reset', 'P0 took it').press('Put back…');
  await preview.press('Apply');
  await preview.gone();
  await eventually(async () => assert.deepEqual(await sandbox.settings(), ['1 hour', '4 hours', '8 hours', '1 day']));
  await alice.press(alice.dialog('P0 settings').button('Close'));
  await alice.message('taken by P0').says('@Alice');
});

story('nobody but an admin gets in', async ({ phone, sandbox }) => {
  const gus = await phone('Gus');
  await gus.shortcut('P0 settings');
  await gus.open('p0');
  await gus.message('Only the admins').says('never guests');
  await gus.be('Rita');
  await gus.open('#access-requests');
  await gus.write('/p0 settings add 2h');
  await gus.whisper('Only the admins').says('Ask one of them');
  assert.deepEqual(await sandbox.settingsCalls(), []);
});

story('from Home, without a mouse', async ({ desk, sandbox }) => {
  const bob = await desk('Bob');
  const keys = new Keyboard(bob.screen.page);
  await bob.open('p0');
  await keys.reach(bob.at.getByRole('tab', { name: 'Messages' }));
  await keys.press('ArrowLeft');
  await keys.at(bob.at.getByRole('tab', { name: 'Home' }));
  await keys.reach(bob.at.getByRole('button', { name: 'P0 settings' }));
  await keys.press('Enter');
  const known = bob.dialog('P0 settings');
  await keys.reach(known.button('Set standing…'));
  await keys.press('Enter');
  const form = bob.dialog('Standing access');
  await form.at.getByRole('textbox').and(form.at.locator(':focus')).waitFor();
  await keys.type('2w');
  await keys.press('Enter');
  const preview = bob.dialog(PREVIEW);
  await preview.says('Standing access has to be approved anew after 2 weeks.', 'A second admin has to agree');
  // A modal lies on another, and Escape goes back one at a time.
  await keys.press('Escape');
  await preview.gone();
  await keys.at(known.button('Set standing…'));
  await keys.press('Escape');
  await known.gone();
  await keys.at(bob.at.getByRole('button', { name: 'P0 settings' }));
  assert.deepEqual(await sandbox.settingsCalls(), []);
});
