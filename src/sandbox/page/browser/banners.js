// What has to be known whatever one looks at.

import { html } from './html.js';
import { post } from './server.js';

export function Banners({ page, lost }) {
  const { bot, slack } = page.state;
  const { violations } = slack;
  return html`<div class="banners">
    ${lost && html`<p class="banner bad" role="alert">The sandbox does not answer. It has stopped, or is being restarted; this page goes on trying.</p>`}
    ${bot && !bot.running && html`<p class="banner bad" role="alert">
      <span><b>The bot is killed.</b> Slack gets no answer; what the bot wrote down is still on disk.</span>
      <button type="button" class="button" onClick=${() => post('bot', { do: 'start' })}>Start it again</button>
    </p>`}
    ${violations.length > 0 && html`<details class="banner warn">
      <summary>The bot broke Slack’s rules ${violations.length === 1 ? 'once' : `${violations.length} times`}</summary>
      <ul>${violations.map((violation) => html`<li>${violation}</li>`)}</ul>
    </details>`}
  </div>`;
}
