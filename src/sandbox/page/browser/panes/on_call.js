// Who is on call, what is wrong with PagerDuty, and time that passes at once.

import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { post } from '../server.js';
import { useNow } from '../slack/status_bar.js';
import { Choice } from './choice.js';

/** How much time can pass: long enough for a reminder, for the next level, for the end of a grant. */
const STEPS = [[5, '5 minutes pass'], [15, '15 minutes pass'], [60, '1 hour passes'], [480, '8 hours pass']];

export function OnCallPane({ page }) {
  const { duty, faults } = page.state;
  const [complaint, setComplaint] = useState(null);
  const tell = async (where, body) => setComplaint((await post(where, body)).error ?? null);
  return html`
    ${duty
      ? html`<section>
          <h2>On call now</h2>
          <p class="about">By PagerDuty, which the settings call <code>${duty.source}</code>. The bot asked it ${duty.calls === 1 ? 'once' : `${duty.calls} times`}; an answer counts for a minute.</p>
          <div class="levels">${duty.levels.map((level) => html`<${Level} key=${level.level} page=${page} level=${level} people=${duty.people} tell=${tell} />`)}</div>
        </section>
        <${Choice} name="PagerDuty" choices=${faults.choices.duty} value=${faults.duty} choose=${(to) => tell('fault', { duty: to })} />`
      : html`<p class="empty">Nobody is on call in this sandbox: its seed puts nobody on a level.</p>`}
    <section>
      <h2>Time</h2>
      <${Now} page=${page} />
      <div class="buttons">${STEPS.map(([minutes, name]) => html`<button type="button" class="button" key=${minutes} onClick=${() => tell('time', { minutes })}>${name}</button>`)}</div>
    </section>
    ${complaint && html`<p class="trouble" role="alert">⚠ ${complaint}</p>`}`;
}

function Level({ page, level: { level, person }, people, tell }) {
  const id = `duty-${level}`;
  return html`<div class="level">
    <label for=${id}>Level ${level}</label>
    <select id=${id} value=${person ?? ''} onChange=${(event) => tell('duty', { level, person: event.currentTarget.value || null })}>
      <option value="">nobody</option>
      ${people.map((one) => html`<option key=${one} value=${one}>${page.names.person(one)}</option>`)}
    </select>
  </div>`;
}

function Now({ page }) {
  const now = useNow(page);
  return html`<p class="about">It is <time datetime=${now.toISOString()}>${now.toLocaleString([], { weekday: 'short', hour: '2-digit', minute: '2-digit' })}</time> for Slack, P0, PagerDuty and the bot. What is due fires within a second.</p>`;
}
