// What P0 heard from the bot, and where its requests stand.

import { html, classes } from '../html.js';
import { clock } from '../kit/dates.js';
import { post } from '../server.js';
import { Rule } from './rule.js';
import { Settings } from './settings.js';

/** How a status is coloured; any other is neutral. */
const TONES = { PENDING_APPROVAL: 'waits', APPROVED: 'good', DONE: 'good', DENIED: 'bad', REVOKE_SUBMITTED: 'bad', REVOKED: 'bad' };

/** Decisions and changes of settings; not what only looks something up. */
export const isTold = (call) => call.request_id !== null || call.verb === 'settings';

/** What a change of settings was, as P0's documentation has it: `PUT max-access-duration`. */
export const changeOf = (call) => `${call.method} ${call.path.split('/settings/')[1]}`;

export function P0Pane({ page }) {
  const { p0 } = page.state;
  const calls = p0.calls.map((call, index) => ({ ...call, index })).filter(isTold).reverse();
  const requests = p0.requests.toReversed();
  return html`
    <${Settings} page=${page} />
    <section>
      <h2 id="calls-title">Calls of the bot</h2>
      ${calls.length === 0 && html`<p class="empty">The bot has not called P0 yet.</p>`}
      <ol class="cards" aria-labelledby="calls-title">${calls.map((call) => html`<${Call} key=${call.index} call=${call} />`)}</ol>
    </section>
    <section>
      <div class="row"><h2 id="requests-title">Requests</h2><button type="button" class="button" onClick=${() => post('request', {})}>Another request</button></div>
      ${requests.length === 0 && html`<p class="empty">Nobody has asked for anything.</p>`}
      <ol class="cards" aria-labelledby="requests-title">${requests.map((request) => html`<${Request} key=${request.requestId} request=${request} page=${page} />`)}</ol>
    </section>`;
}

function Call({ call }) {
  const took = call.effect ? 'took effect' : 'no effect';
  const what = call.request_id === null
    ? html`<b>${changeOf(call)}</b> ${call.bearer === 'settings_api_key' ? 'with the settings key' : html`as <b>${call.identity ?? 'nobody'}</b>`}`
    : html`<b>${call.verb}</b> as <b>${call.identity ?? 'nobody'}</b>`;
  return html`<li class="card">
    <p class="row"><span>${what}</span>
      <span class=${classes('status', call.effect ? 'good' : 'bad')}>${call.status ?? 'no answer'}, ${took}</span></p>
    <p class="small"><time>${new Date(call.at).toLocaleTimeString()}</time> ${' '}
      ${call.request_id !== null && html`<a href=${`#request-${encodeURIComponent(call.request_id)}`}>${call.request_id}</a>`}
      ${call.body && html` <code>${JSON.stringify(call.body)}</code>`}
      ${call.subject && html` subject <code>${call.subject}</code>`}
      ${call.bearer_refused && ` (${call.bearer_refused})`}</p>
  </li>`;
}

function Request({ request, page }) {
  const { requestor, principal, display, approvalDetails: approval, expiryTimestamp: expires } = request;
  const watch = page.state.watches?.[request.requestId];
  const rows = (display?.rows ?? []).filter((row) => !row.isHidden).map((row) => `${row.label}: ${row.content}`).join(' · ');
  return html`<li class="card request" id=${`request-${request.requestId}`} tabindex="-1">
    <p class="row"><b>${request.type} ${request.access}</b><span class=${classes('status', TONES[request.status])}>${request.status}</span></p>
    <p>${requestor === principal ? requestor : `${requestor} for ${principal}`}${request.duration && `, for ${request.duration}`}</p>
    ${rows && html`<p class="small">${rows}</p>`}
    <p class="small"><time>${clock(new Date(request.requestedTimestamp))}</time> <code>${request.requestId}</code>
      ${approval && ` approved by ${approval.email}`}${expires && `, until ${clock(new Date(expires))}`}</p>
    ${watch && html`<${Rule} page=${page} watch=${watch} />`}
  </li>`;
}
