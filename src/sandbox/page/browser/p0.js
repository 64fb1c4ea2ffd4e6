// The right pane: what P0 heard from the bot, and where its requests stand.

import { arrange, el } from './dom.js';
import { clock } from './mrkdwn.js';

/** How a status is coloured; any other is neutral. */
const TONES = { PENDING_APPROVAL: 'waits', APPROVED: 'good', DONE: 'good', DENIED: 'bad', REVOKE_SUBMITTED: 'bad', REVOKED: 'bad' };

/** Draws both lists. */
export function drawP0(p0) {
  const calls = p0.calls.filter((call) => call.request_id);
  keepInto(document.getElementById('calls'), calls.toReversed(), drawCall, 'The bot has not called P0 yet.');
  keepInto(document.getElementById('requests'), p0.requests.toReversed(), drawRequest, 'Nobody has asked for anything.');
}

/** What has not changed keeps its node: a screen reader hears only what is new, and opened details stay open. */
function keepInto(list, things, draw, nothing) {
  const old = new Map([...list.children].map((node) => [node.thing, node]));
  const nodes = things.map((thing) => {
    const key = JSON.stringify(thing);
    const node = old.get(key) ?? draw(thing);
    node.thing = key;
    return node;
  });
  arrange(list, nodes.length ? nodes : [el('li', { class: 'empty' }, nothing)]);
}

function drawCall(call) {
  const took = call.effect ? 'took it' : call.status === null ? 'no answer' : 'did not take it';
  return el('li', { class: 'call' },
    el('p', { class: 'line' },
      el('span', {}, el('b', {}, call.verb), ' as ', el('b', {}, call.identity ?? 'nobody')),
      el('span', { class: `status ${call.effect ? 'good' : 'bad'}` }, `${call.status ?? '…'} ${took}`)),
    el('p', { class: 'small' },
      el('time', {}, new Date(call.at).toLocaleTimeString()), ' ',
      link(call.request_id), call.body ? el('code', {}, JSON.stringify(call.body)) : null,
      call.bearer_refused ? ` (${call.bearer_refused})` : null));
}

const link = (id) => el('a', { href: `#request-${encodeURIComponent(id)}` }, id);

function drawRequest(request) {
  const who = request.requestor === request.principal ? request.requestor : `${request.requestor} for ${request.principal}`;
  const rows = request.display.rows.map((row) => `${row.label}: ${row.content}`).join(' · ');
  return el('li', { class: 'request', id: `request-${request.requestId}`, tabindex: '-1' },
    el('p', { class: 'line' },
      el('span', {}, el('b', {}, `${request.type} ${request.access}`), ` ${who}`),
      el('span', { class: `status ${TONES[request.status] ?? ''}` }, request.status)),
    el('p', { class: 'small' }, rows),
    el('p', { class: 'small' },
      el('time', {}, clock(new Date(request.requestedTimestamp))), ' ', el('code', {}, request.requestId),
      request.duration ? ` asked for ${request.duration}` : '',
      request.approvalDetails ? `, approved by ${request.approvalDetails.email}` : '',
      request.expiryTimestamp ? `, until ${clock(new Date(request.expiryTimestamp))}` : ''));
}
