// One message, or a line that only one person sees.

import { useId, useState } from 'preact/hooks';
import { html, classes } from '../html.js';
import { Blocks } from '../kit/blocks.js';
import { clock, timeOf } from '../kit/dates.js';
import { Link, mrkdwn } from '../kit/mrkdwn.js';
import { Surface } from '../kit/surface.js';
import { Avatar } from './avatar.js';
import { Shortcuts } from './shortcuts.js';
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
      ${line.unfurls?.map((unfurl) => html`<${Unfurl} key=${unfurl.id} unfurl=${unfurl} line=${line} client=${client} />`)}
      ${!line.whispered && !inThread && html`<${ThreadLink} line=${line} client=${client} />`}
      ${!line.whispered && html`<${Tools} line=${line} client=${client} inThread=${inThread} />`}
    </div>
  </article>`;
}

/** What the app has laid under a link of the message. */
function Unfurl({ unfurl, line, client }) {
  const { page: { names, slack }, phone } = client;
  const spot = { in: 'unfurl', channel: line.channel, ts: line.ts, url: unfurl.url };
  return html`<section class="unfurl" aria-label=${`What p0 shows of ${unfurl.url}`}>
    <p class="small"><b>p0</b> <span class="tag">APP</span> <${Link} url=${unfurl.url} /></p>
    <${Surface.Provider} value=${{ names, slack, phone, perform: client.performAt(spot) }}><${Blocks} blocks=${unfurl.blocks} /><//>
  </section>`;
}

/** The answers of a thread, and the way into it. */
function ThreadLink({ line, client }) {
  const replies = repliesTo(client.page.slack, line, client.person);
  const open = () => client.openThread(line);
  if (line.is_broadcast) {
    const root = { channel: line.channel, ts: line.thread_ts };
    return html`<button type="button" class="replies" onClick=${() => client.openThread(root)}>From a thread</button>`;
  }
  if (replies.length === 0) return null;
  return html`<button type="button" class="replies" onClick=${open}>${replies.length === 1 ? '1 reply' : `${replies.length} replies`}</button>`;
}

/** What can be done with a message: where there is a mouse, they come with it. */
function Tools({ line, client, inThread }) {
  const canBegin = !inThread && !line.is_broadcast;
  const [complaint, setComplaint] = useState(null);
  const use = async (callback_id) => setComplaint(await client.act({ kind: 'message_shortcut', channel: line.channel, ts: line.ts, callback_id }));
  return html`<div class="tools">
    ${canBegin && html`<button type="button" class="start-thread" aria-label="Reply in thread" title="Reply in thread" onClick=${() => client.openThread(line)}>
      <span aria-hidden="true">💬</span>
    </button>`}
    <${Shortcuts} client=${client} type="message" name="More of this message" face="⋯" use=${use} />
  </div>
  ${complaint && html`<p class="trouble" role="alert">⚠ ${complaint}</p>`}`;
}
