// Linking an account: in a browser, with a code, on a phone, and by the wrong people.

import assert from 'node:assert/strict';

import { accessible, forThumbs, withoutScrollingSideways } from './harness/accessibility.js';
import { newContext } from './harness/browser.js';
import { ARTIFACTS, story } from './harness/story.js';
import { Tab } from './harness/tab.js';

const linked = ['--identity', 'linked'];
/** A browser says so itself where a page's status is not 200. */
const refusals = [/status of 4\d\d/];

/** Somebody presses “Approve”, and is refused with a button. */
async function refusedWithPage(client) {
  await client.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  const line = client.whisper('You have not linked your account yet');
  await line.says('You have not linked your account yet');
  return line;
}

for (const device of ['phone', 'desk']) {
  story(`from the refusal to the first decision, ${device}`, { args: linked }, async ({ [device]: open, sandbox }) => {
    const alice = await open('Alice');
    const tab = await (await refusedWithPage(alice)).follow('Link my account');
    await tab.link('Alice');
    await tab.page.close();
    await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
    await alice.card('aws role').says('Approved by @Alice for 2 hours');
    await alice.screen.p0.heard('approve', 'alice@example.com', 'subject 00u0001');
    assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com']);
    await alice.open('p0');
    await alice.message('Your account is linked').says('you are alice@example.com to P0');
    await alice.write('whoami');
    await alice.message('It is linked since').says('alice@example.com');
  });
}

story('with a code', { args: ['--identity', 'device'] }, async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await alice.whisper('You have not linked your account yet').press('Link my account');
  await alice.open('p0');
  const tab = await alice.message('enter the code').follow('Enter the code');
  await tab.shows('Connect a device', 'Go on only if it shows you this code');
  await tab.press('Alice');
  await tab.shows('Sandbox sign-in', 'Done.');
  await tab.page.close();
  await alice.message('Your account is linked').says('you are alice@example.com to P0');
  await alice.open('#access-requests');
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await alice.card('aws role').says('Approved by @Alice for 2 hours');
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com']);
});

story('another browser starts over', { args: linked, forgives: refusals }, async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  const tab = await (await refusedWithPage(alice)).follow('Link my account');
  await tab.shows('Link your account');
  await tab.press('Continue with Slack');
  await tab.shows('Sign in to acme');
  // A window within an app hands the page over to the phone's own browser, which has no cookie.
  const context = await newContext({ device: 'phone' });
  const other = new Tab(await context.newPage(), true);
  await other.page.goto(tab.page.url());
  await other.press('Alice');
  await other.shows('This is another browser', 'Nothing was done.');
  await other.press('Start again here');
  await other.shows('Sign in to acme');
  await other.press('Alice');
  await other.shows('Sign in');
  await other.press('Alice');
  await other.shows('Your account is linked');
  await context.close();
  // Where it began nothing goes on.
  await tab.press('Alice');
  await tab.shows('This page is over');
  assert.deepEqual(await sandbox.calls(), []);
});

story('a page is of use to nobody else', { args: linked, forgives: refusals }, async ({ desk, phone }) => {
  const carol = await desk('Carol');
  const tab = await (await refusedWithPage(carol)).follow('Link my account');
  await tab.signInWithSlack('Alice');
  await tab.shows('Your account was not linked', 'another Slack user');
  const alice = await phone('Alice');
  const own = await (await refusedWithPage(alice)).follow('Link my account');
  await own.signInWithSlack('Alice');
  await own.shows('Sign in');
  await own.press('Bob');
  await own.shows('Your account was not linked', 'is not yours');
});

story('a fresh sign-in for what is risky', { args: ['--risk', 'step-up'] }, async ({ phone, sandbox }) => {
  const alice = await phone('Alice');
  const first = await (await refusedWithPage(alice)).follow('Link my account');
  await first.link('Alice');
  await first.page.close();
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  const asked = alice.whisper('asks for a fresh sign-in');
  await asked.says('Approve for 2 hours');
  assert.deepEqual(await sandbox.calls(), []);
  const tab = await asked.follow('Sign in');
  await tab.shows('Sign in for your choice', 'Approve for 2 hours', 'AdministratorAccess');
  await tab.page.screenshot({ path: `${ARTIFACTS}linked-6-proof.png` });
  await accessible(tab.page);
  await forThumbs(tab.page.locator('body'));
  await tab.press('Sign in');
  await tab.shows('Sign in');
  await tab.press('Alice');
  await tab.shows('You have signed in');
  await tab.page.close();
  await alice.card('aws role').says('Approved by @Alice for 2 hours');
  assert.deepEqual(await sandbox.calls(), ['approve 2h as alice@example.com']);
});

story('a closed account is asked for again', { args: linked }, async ({ desk }) => {
  const alice = await desk('Alice');
  const tab = await (await refusedWithPage(alice)).follow('Link my account');
  await tab.link('Alice');
  await tab.page.close();
  await alice.screen.faults.choose('Identity provider', 'It has closed everybody’s account');
  await alice.card('aws role').confirm('Approve 2h', 'Approve 2h?');
  await alice.open('p0');
  await alice.message('Your choice (Approve for 2 hours)').says('was not sent to P0');
  await alice.message('Please link again').says('Link again');
  await alice.screen.faults.choose('Identity provider', 'The identity provider works');
  await alice.message('Please link again').press('Link again');
  await (await alice.message('Press the button to link your account').follow('Link my account')).link('Alice');
  await alice.message('Your account is linked').says('you are alice@example.com to P0');
});

for (const colorScheme of ['light', 'dark']) {
  for (const width of [375, 1280]) {
    const [device, height] = width < 700 ? ['phone', 667] : ['desk', 800];
    story(`every page on the way, ${colorScheme}, ${width} px`, { args: linked, forgives: refusals }, async (world) => {
      const alice = await world[device]('Alice', { colorScheme, viewport: { width, height } });
      const good = async ({ page }, name) => {
        await page.screenshot({ path: `${ARTIFACTS}linked-${name}-${colorScheme}-${width}.png` });
        await accessible(page);
        await withoutScrollingSideways(page);
        await forThumbs(page.locator('body'));
      };
      const tab = await (await refusedWithPage(alice)).follow('Link my account');
      await tab.shows('Link your account', 'alice@example.com');
      await good(tab, '1-bot');
      await tab.press('Continue with Slack');
      await tab.shows('Sign in to acme');
      await good(tab, '2-slack');
      await tab.press('Alice');
      await tab.shows('Sign in');
      await good(tab, '3-provider');
      await tab.press('Alice');
      await tab.shows('Your account is linked', 'alice@example.com');
      await good(tab, '4-linked');
      await tab.page.reload();
      await tab.shows('This page is over');
      await good(tab, '5-over');
    });
  }
}
