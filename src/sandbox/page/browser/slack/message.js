// One message, or a line that only one person sees.

import { useId } from 'preact/hooks';
import { html, classes } from '../html.js';
import { Blocks } from '../kit/blocks.js';
import { clock, timeOf } from '../kit/dates.js';
import { mrkdwn } from '../kit/mrkdwn.js';
import { Surface } from '../kit/surface.js';
import { Avatar } from './avatar.js';
import { authorOf, repliesTo } from './workspace.js';

export function Message({ line, client, inThread }) {
  const { page, phone } = client;
  const { names, slack } = page;
  const id = useId();
  const spot = line.whispered ? { in: 'ephemeral', ts: line.ts } : { in: 'message', channel: line.channel, ts: line.ts };
  const surface = { names, slack, phone, perform: client.performAt(spot) };
  const author = authorOf(slack, names, line);
  const at = timeOf(line.ts);
  const body = line.blocks.length
    ? html`<${Surface.Provider} value=${surface}><${Blocks} blocks=${line.blocks} /><//>`
    : html`<div class="text">${mrkdwn(line.text, names)}</div>`;
  return html`<article class=${classes('message', line.whispered && 'whispered')} data-ts=${line.ts} tabindex="-1" aria-labelledby=${id}>
    <${Avatar} author=${author} />
    <div class="content">
      ${line.whispered && html`<p class="only"><span aria-hidden="true">👁 </span>Only visible to you</p>`}
      <p class="byline" id=${id}>
        <b>${author.name}</b>
        ${author.isApp && html`<span class="tag">APP</span>`}
        <time datetime=${at.toISOString()} title=${at.toLocaleString()}>${clock(at)}</time>
        ${line.edited && html`<span class="edited">(edited)</span>`}
      </p>
      ${body}
      ${!line.whispered && !inThread && html`<${ThreadLink} line=${line} client=${client} />`}
    </div>
  </article>`;
}

/** The answers of a thread, and the way into it. */
function ThreadLink({ line, client }) {
  const replies = repliesTo(client.page.slack, line, client.person);
  const open = () => client.openThread(line);
  if (replies.length > 0) {
    return html`<button type="button" class="replies" onClick=${open}>${replies.length === 1 ? '1 reply' : `${replies.length} replies`}</button>`;
  }
  // In a direct message everything is heard anyway.
  if (client.channel?.im_with) return null;
  return html`<button type="button" class="start-thread" aria-label="Reply in thread" title="Reply in thread" onClick=${open}>
    <span aria-hidden="true">💬</span>
  </button>`;
}
