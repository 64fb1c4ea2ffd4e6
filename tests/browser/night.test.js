// The right person in time: the rule of a request, who is on call, "I'm on it", threads, and Home with a thumb.

import assert from 'node:assert/strict';

import { accessible, forThumbs, withoutScrollingSideways } from './harness/accessibility.js';
import { eventually } from './harness/sandbox.js';
import { ARTIFACTS, story } from './harness/story.js';

const SMALL = { width: 375, height: 667 };

story('a request says by which rule it goes, and whoever is on call is told of the next one', async ({ desk, sandbox }) => {
  const carol = await desk('Carol');
  const { page, p0, onCall } = carol.screen;
  await carol.card('k8s resource').says('Waiting for a decision');
  await p0.rule('k8s resource', 'Goes by Production clusters: high risk', async (rule) => {
    await rule.says('type = k8s', 'it is k8s', 'resource = prod-*', 'it is prod-eu-1');
    await rule.says('who is on call (platform), at once', 'after 10 min without a decision', 'Alice was told at');
    await page.screenshot({ path: `${ARTIFACTS}night-rule.png` });
    await accessible(page);
  });
  await p0.rule('aws role', 'Goes by default, as no other rule takes it: low risk', (rule) => rule.says('does not hold'));
  await onCall.breaks('It is down');
  await onCall.breaks('PagerDuty works');
  await onCall.put(1, 'Carol');
  await page.screenshot({ path: `${ARTIFACTS}night-on-call.png` });
  // Who it was is remembered for a minute.
  await onCall.passes('5 minutes pass');
  const { p0: { requests } } = await sandbox.state();
  while ((await sandbox.state()).p0.requests.filter(({ type }) => type === 'k8s').length < 2) await sandbox.anotherRequest();
  const id = (await sandbox.state()).p0.requests.find(({ type, requestId }) => type === 'k8s' && !requests.some((old) => old.requestId === requestId)).requestId;
  await eventually(async () => {
    const { told } = (await sandbox.state()).watches[id];
    assert.deepEqual(told.map(({ person }) => person), ['U03CAROL']);
  });
});

story('somebody is on it with a thumb, and approves in the form', async ({ phone, sandbox }) => {
  const alice = await phone('Alice', { at: 'p0', viewport: SMALL });
  const { page } = alice.screen;
  const card = alice.card('k8s resource');
  await card.press("I'm on it");
  await card.says('@Alice is on it');
  await page.screenshot({ path: `${ARTIFACTS}night-claim.png` });
  await accessible(page);
  await withoutScrollingSideways(page);
  await forThumbs(alice.at);
  await card.press('Approve…');
  const form = alice.dialog('Approve the request');
  await form.choose('For how long', '1h');
  await form.press('Approve');
  await form.gone();
  await card.says('Approved by @Alice for 1 hour');
  assert.deepEqual(await sandbox.calls(), ['approve 1h as alice@example.com']);
});

story('in the thread of a card no id is needed, and only a press decides', async ({ phone, sandbox }) => {
  const alice = await phone('Alice', { viewport: SMALL });
  await alice.card('aws role').press('Reply in thread');
  await alice.thread.write('approve 2h, I would say');
  await alice.thread.message('I would say').says('Alice');
  await alice.thread.write('@p0 approve 2h');
  await forThumbs(alice.at);
  await alice.thread.whisper('Only a press decides').press('Approve 2h');
  await alice.dialog('Approve 2h?').press('Approve 2h');
  await alice.thread.card('aws role').says('Approved by @Alice for 2 hours');
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com']);
});

story('a link to a request becomes its card, and is pressed like one', async ({ phone, sandbox }) => {
  const alice = await phone('Alice', { viewport: SMALL });
  await alice.card('aws role').says('Waiting for a decision');
  await alice.write(`Who looks at ${sandbox.url}#request-${await sandbox.requestOf('aws')}?`);
  const link = alice.message('Who looks at');
  await link.says('Access request: aws role', 'Waiting for a decision');
  await accessible(alice.screen.page);
  await forThumbs(alice.at);
  await link.confirm('Approve 2h', 'Approve 2h?');
  await link.says('Approved by @Alice for 2 hours');
  await alice.screen.page.screenshot({ path: `${ARTIFACTS}night-link.png` });
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com']);
});

story('a shortcut lists what waits, and another opens what a message shows', async ({ phone }) => {
  const alice = await phone('Alice', { viewport: SMALL });
  const { page } = alice.screen;
  await alice.card('okta group').says('Waiting for a decision');
  await alice.shortcut('Decide on requests');
  const list = alice.dialog('Decide on requests');
  await list.says('5 requests are waiting for you.', 'okta group');
  await page.screenshot({ path: `${ARTIFACTS}night-shortcut.png` });
  await accessible(page);
  await withoutScrollingSideways(page);
  await forThumbs(alice.at);
  await list.press('Close');
  await list.gone();
  await alice.card('okta group').press('More of this message');
  await alice.press(alice.at.getByRole('menuitem', { name: /^Decide on requests/ }));
  await alice.at.getByRole('dialog').getByText('Finance – read only').waitFor();
  await page.screenshot({ path: `${ARTIFACTS}night-message-shortcut.png` });
});

for (const colorScheme of ['light', 'dark']) {
  story(`Home on a phone, ${colorScheme}`, async ({ phone, sandbox }) => {
    const alice = await phone('Alice', { colorScheme, viewport: SMALL });
    const { page } = alice.screen;
    await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
    await alice.card('aws role').says('Approved by @Alice');
    for (let count = 0; count < 20; count += 1) await sandbox.anotherRequest();
    await alice.open('p0');
    await alice.press(alice.at.getByRole('tab', { name: 'Home' }));
    const home = alice.at.getByRole('tabpanel', { name: 'Home' });
    await home.getByText('24 requests are waiting for you.').waitFor();
    await home.getByText('1–20 of 24').waitFor();
    await home.getByText('Running on your approval').waitFor();
    await page.screenshot({ path: `${ARTIFACTS}night-home-${colorScheme}.png` });
    await accessible(page);
    await withoutScrollingSideways(page);
    await forThumbs(alice.at);
    await alice.press(home.getByRole('button', { name: 'Older', exact: true }));
    await home.getByText('21–24 of 24').waitFor();
    await page.screenshot({ path: `${ARTIFACTS}night-home-older-${colorScheme}.png` });
    await home.getByText('at most 2 hours left').scrollIntoViewIfNeeded();
    await page.screenshot({ path: `${ARTIFACTS}night-home-running-${colorScheme}.png` });
  });
}
