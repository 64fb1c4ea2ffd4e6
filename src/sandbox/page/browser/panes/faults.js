// What can be broken.

import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { post } from '../server.js';
import { Choice } from './choice.js';

export function FaultsPane({ page }) {
  const { faults, bot } = page.state;
  const [complaint, setComplaint] = useState(null);
  const tell = async (where, body) => setComplaint((await post(where, body)).error ?? null);
  if (!faults) return html`<p class="empty">Nothing can be broken in this sandbox.</p>`;
  return html`
    <${Choice} name="P0" choices=${faults.choices.p0} value=${faults.p0} choose=${(p0) => tell('fault', { p0 })} />
    <${Choice} name="Slack" choices=${faults.choices.slack} value=${faults.slack} choose=${(slack) => tell('fault', { slack })} />
    ${faults.choices.idp && html`<${Choice} name="Identity provider" choices=${faults.choices.idp} value=${faults.idp} choose=${(idp) => tell('fault', { idp })} />`}
    <section>
      <h2>The channel</h2>
      <label class="choice"><input type="checkbox" checked=${faults.shared} onChange=${(event) => tell('fault', { shared: event.currentTarget.checked })} />
        <span>The channel is shared with another company</span></label>
    </section>
    ${bot && html`<section>
      <h2>The bot</h2>
      <p class="about">${bot.running ? 'It runs.' : 'It is killed: no goodbye, nothing tidied up.'}${' '}
        It was started ${bot.starts === 1 ? 'once' : `${bot.starts} times`}.</p>
      <div class="buttons">
        <button type="button" class="button danger" aria-disabled=${!bot.running} onClick=${() => bot.running && tell('bot', { do: 'kill' })}>Kill the bot</button>
        <button type="button" class="button" aria-disabled=${bot.running} onClick=${() => !bot.running && tell('bot', { do: 'start' })}>Start the bot</button>
      </div>
    </section>`}
    ${complaint && html`<p class="trouble" role="alert">⚠ ${complaint}</p>`}`;
}
