// Whatever a bot can send is drawn as Slack draws it, and whatever a stranger wrote stays text.

import assert from 'node:assert/strict';

import { MESSAGE, MODAL } from './fixtures/every_kind.js';
import { story } from './harness/story.js';

/** A page whose state has been changed by `edit` on its way. */
const edited = (edit) => ({
  before: (page) =>
    page.route('**/state', async (route) => {
      const state = await (await route.fetch()).json();
      edit(state, new URL('.', route.request().url()).href);
      await route.fulfill({ json: state });
    }),
});

function post(state, blocks) {
  const { bot } = state.slack;
  const ts = '4000000000.000100';
  state.slack.messages.push({
    channel: state.channel,
    ts,
    thread_ts: null,
    text: 'every kind',
    blocks,
    user: bot.user_id,
    bot_id: 'B0P0',
    edited: null,
    metadata: null,
  });
}

/** What a message is to show, by role and name. */
const IN_A_MESSAGE = [
  ['heading', 'A header of the message'],
  ['link', 'a link'],
  ['button', 'Beside'],
  ['img', 'A picture beside a section'],
  ['button', 'Several of a message'],
  ['button', 'People of a message'],
  ['separator', undefined],
  ['img', 'A small picture'],
  ['img', 'A large picture'],
  ['link', 'away'],
  ['link', 'a rich link'],
  ['button', 'A plain button'],
  ['button', 'A primary button'],
  ['button', 'A dangerous button'],
  ['button', 'A button with a label'],
  ['link', 'A link button'],
  ['button', 'Pick one…'],
  ['button', 'Pick from groups…'],
  ['button', 'Pick a person…'],
  ['button', 'More actions'],
  ['radio', 'Radio one'],
  ['radio', 'Radio two'],
  ['checkbox', 'Check one'],
  ['checkbox', 'Check two'],
];
const TEXTS = [
  'Plain <b>text</b> & *stars* stay as they are',
  'Marked bold, italic, struck, code',
  'a quotation',
  '@Bob',
  '#access-requests',
  '@here',
  '<script>',
  '✅',
  'its value',
  'Field two',
  'Small print',
  'more of it',
  'Its title',
  'Markdown with strong words',
  'Rich bold and all four',
  '🎉',
  ':no_such_emoji:',
  '@channel',
  'a bullet',
  'a numbered line',
  'a rich quotation',
  'rich code',
  'what it means',
];
const LABELS = ['A date of a message', 'A time of a message'];

for (const device of ['phone', 'desk']) {
  story(`every kind of a message, ${device}`, async ({ [device]: open }) => {
    const alice = await open(
      'Alice',
      edited((state) => post(state, MESSAGE)),
    );
    const message = alice.message('A header of the message');
    for (const [role, name] of IN_A_MESSAGE) await message.at.getByRole(role, { name }).first().waitFor();
    for (const label of LABELS) await message.at.getByLabel(label).waitFor();
    await message.says(...TEXTS);
    assert.doesNotMatch(await message.at.innerText(), /not draw|unsupported|undefined|\[object/i);
  });

  story(`every kind of input, ${device}`, async ({ [device]: open }) => {
    const alice = await open('Alice', {
      at: null,
      ...edited(
        (state) =>
          (state.slack.modals.U01ALICE = [
            { id: 'V1', user: 'U01ALICE', view: MODAL, errors: { line: 'That cannot be' } },
          ]),
      ),
    });
    const modal = alice.dialog('Every kind of input');
    const labels = MODAL.blocks.filter((block) => block.type === 'input').map((block) => block.label.text);
    for (const label of labels)
      await modal.at
        .getByLabel(label)
        .or(modal.at.getByRole('group', { name: label }))
        .first()
        .waitFor();
    await modal.says('Each input of a modal', 'A hint for one line', 'That cannot be', 'Second', 'First', 'Bob');
    assert.equal(await modal.field('One line').inputValue(), 'what was there');
    assert.doesNotMatch(await modal.at.innerText(), /not draw|unsupported|undefined|\[object/i);
  });
}

story('a Home is drawn where one was published', async ({ phone }) => {
  const view = { type: 'home', blocks: MESSAGE };
  const alice = await phone(
    'Alice',
    edited((state) => (state.slack.homes.U01ALICE = { id: 'V2', user: 'U01ALICE', view, errors: {} })),
  );
  await alice.open('p0');
  await alice.press(alice.at.getByRole('tab', { name: 'Home' }));
  await alice.at.getByRole('heading', { name: 'A header of the message' }).waitFor();
});

story('an option leads where a link would lead', async ({ desk }) => {
  const addresses = (own) => ({ Script: 'javascript:alert(8)', Request: `${own}#request-r-1001` });
  const options = (own) =>
    Object.entries(addresses(own)).map(([text, url]) => ({ text: { type: 'plain_text', text }, value: text, url }));
  const alice = await desk(
    'Alice',
    edited((state, own) => {
      const element = { type: 'overflow', action_id: 'more', options: options(own) };
      post(state, [
        { type: 'header', block_id: 'a', text: { type: 'plain_text', text: 'Leads on' } },
        { type: 'actions', block_id: 'b', elements: [element] },
      ]);
    }),
  );
  const { page, troubles } = alice.screen;
  // The bot never posted it: what is not there cannot be pressed.
  await page.route('**/act', (route) => route.fulfill({ json: { status: 200 } }));
  page.on('dialog', (dialog) => troubles.push(`a script ran: ${dialog.message()}`));
  const pick = async (name) => {
    const option = alice.at.getByRole('menuitem', { name });
    // A menu that is drawn away in the instant of a press is opened once more, as a person would.
    for (let tries = 5; ; tries -= 1) {
      if (!(await option.isVisible())) await alice.message('Leads on').press('More actions');
      try {
        return await option.click({ timeout: 2000 });
      } catch (error) {
        if (tries === 1) throw error;
      }
    }
  };
  await pick('Script');
  await pick('Request');
  await page.waitForURL(/#request-r-1001$/);
  assert.equal(page.context().pages().length, 1);
});

story('hostile text stays text', async ({ desk }) => {
  const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>"\'><a href="javascript:alert(3)">x</a>';
  const escaped = hostile.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const blocks = [
    { type: 'section', block_id: 'a', text: { type: 'plain_text', text: hostile } },
    {
      type: 'section',
      block_id: 'b',
      text: { type: 'mrkdwn', text: `${escaped} <javascript:alert(4)|press> <data:text/html,x|me>` },
    },
    {
      type: 'rich_text',
      block_id: 'c',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: hostile },
            { type: 'link', url: 'javascript:alert(5)', text: 'rich' },
          ],
        },
      ],
    },
    { type: 'markdown', block_id: 'd', text: `${hostile} [away](javascript:alert(6))` },
    {
      type: 'actions',
      block_id: 'e',
      elements: [
        { type: 'button', action_id: 'x', text: { type: 'plain_text', text: 'Leads' }, url: 'javascript:alert(7)' },
      ],
    },
  ];
  const alice = await desk(
    'Alice',
    edited((state) => {
      post(state, blocks);
      state.p0.requests[0].reason = hostile;
      state.slack.people.find((person) => person.id === 'U02BOB').real_name = hostile;
    }),
  );
  const message = alice.message('<img src=x onerror=alert(1)>');
  await message.at.waitFor();
  const { page } = alice.screen;
  page.on('dialog', (dialog) => alice.screen.troubles.push(`a script ran: ${dialog.message()}`));
  assert.deepEqual(
    await page
      .locator('a[href]:not([href^="http"]):not([href^="#"])')
      .evaluateAll((links) => links.map((link) => link.outerHTML)),
    [],
  );
  assert.equal(await page.locator('img[src="x"], [onerror], script:not([src]):not([type=importmap])').count(), 0);
});
