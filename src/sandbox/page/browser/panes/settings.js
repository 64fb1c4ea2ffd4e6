// P0's own settings: what it has, which nobody can ask it, and how it answers to changes.

import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { post } from '../server.js';
import { Choice } from './choice.js';

export function Settings({ page }) {
  const { p0: { settings }, faults } = page.state;
  const [complaint, setComplaint] = useState(null);
  const choose = async (id) => setComplaint((await post('fault', { settings: id })).error ?? null);
  const { options, maxAccessDuration: maximum, standingAccessDuration: standing, approvableDuration: approvable, defaultApprovals: approvals } = settings;
  const names = options.map((option) => option.value);
  return html`<details class="settings">
    <summary><h2>Settings</h2> <span class="small">${names.join(', ') || 'no lengths'}; at most ${maximum.value}</span></summary>
    <p class="about">What P0 has. Nobody can ask it: the bot knows what it was told, and what P0 answered.</p>
    <dl>
      <dt>Lengths</dt><dd><ul aria-label="Lengths">${options.map((option) => html`<li key=${option.value}><${Length} length=${option} /></li>`)}</ul></dd>
      <dt>Maximum</dt><dd><${Length} length=${maximum} /></dd>
      <dt>Standing</dt><dd><${Length} length=${standing} /></dd>
      <dt>Approvable</dt><dd>${approvable ? html`<${Length} length=${approvable} />` : 'never set'}</dd>
      <dt>Approvals</dt><dd>${approvals ? said(approvals) : 'never set'}</dd>
    </dl>
    ${faults && html`<${Choice} name="How P0 takes changes" choices=${faults.choices.settings} value=${faults.settings} choose=${choose} />`}
    ${complaint && html`<p class="trouble" role="alert">⚠ ${complaint}</p>`}
  </details>`;
}

/** What P0 calls it, which is also the key under which it is removed; and what it is. */
const Length = ({ length }) => html`${length.value} <code>${length.time}${length.unit}</code>`;

const said = ({ allowOneParty, requireReason }) =>
  `one party is ${allowOneParty ? '' : 'not '}enough, a reason is ${requireReason ? '' : 'not '}needed`;
