// What this is, and what to press first. Nothing in it depends on who is here or what they ask for.

import { useState } from 'preact/hooks';
import { html } from './html.js';

export function Intro({ page }) {
  const [hidden, setHidden] = useState(() => sessionStorage.getItem('intro') === 'read');
  // A story says itself what to look at.
  if (hidden || page.state.story) return null;
  const close = () => {
    sessionStorage.setItem('intro', 'read');
    setHidden(true);
  };
  const { names, people, cards, wide, slack } = page;
  const { p0, disk, faults, stories } = page.state;
  const waits = p0.requests.some((request) => request.status.startsWith('PENDING'));
  return html`<section class="intro" aria-label="What to press first">
    <p><b>The bot is real.</b> Slack and P0 are stand-ins on this computer${wide && ', and nothing is kept'}.</p>
    <ol>
      ${!waits && html`<li>Nothing waits for a decision: press <b>Another request</b> under <b>P0</b>.</li>`}
      <li>You are ${names.person(people[0].id)}: press <b>Approve</b> on a card${!wide && html` in <b>#${names.channel(cards)}</b>`}, and confirm.</li>
      <li>See under <b>P0</b> in whose name it was told${disk && html`, and under <b>Disk</b> what was written down`}.</li>
      ${slack.bot.shortcuts.some(({ callback_id }) => callback_id === 'settings') && html`<li>As an admin, change P0’s own settings: <b>+</b> beside the box to write in, or <b>${slack.bot.command} settings</b>.</li>`}
      <li>Be somebody else${faults && html`, break something (<b>Faults</b>)`}${stories?.length > 0 && html`, or watch a <b>Story</b>`}.</li>
    </ol>
    <button type="button" class="tool" aria-label="Close the introduction" onClick=${close}>✕</button>
  </section>`;
}
