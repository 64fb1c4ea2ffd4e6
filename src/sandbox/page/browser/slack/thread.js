// A thread: a message and the answers to it.

import { useLayoutEffect, useRef } from 'preact/hooks';
import { html } from '../html.js';
import { Composer } from './composer.js';
import { Messages } from './messages.js';
import { repliesTo } from './workspace.js';

export function Thread({ client }) {
  const { page, thread, channel } = client;
  const close = useRef(null);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    close.current?.focus();
    // Its message may be under the thread until everything is drawn.
    return () => queueMicrotask(() => opener?.isConnected && opener.focus({ preventScroll: true }));
  }, []);
  const root = page.slack.messages.find((message) => message.channel === thread.channel && message.ts === thread.ts);
  const keys = (event) => {
    if (event.key === 'Escape') client.openThread(null);
  };
  return html`<aside class="thread" aria-label="Thread" onKeyDown=${keys}>
    <header class="topbar">
      ${client.phone && html`<button type="button" class="back" ref=${close} aria-label="Close the thread" onClick=${() => client.openThread(null)}>‹</button>`}
      <h2>Thread ${channel && !channel.im_with && html`<span class="note">#${channel.name}</span>`}</h2>
      ${!client.phone && html`<button type="button" class="tool" ref=${close} aria-label="Close the thread" onClick=${() => client.openThread(null)}>✕</button>`}
    </header>
    <${Messages} client=${client} lines=${root ? [root, ...repliesTo(page.slack, root, client.person)] : []} empty="This message was deleted." inThread />
    ${root && channel && html`<${Composer} client=${client} to="the thread" hint=${`${channel.im_with ? '' : 'The bot hears what names @p0. '}Slash commands do not work in threads.`}
      send=${(text) => ({ kind: 'write', channel: root.channel, thread_ts: root.ts, text })} inThread />`}
  </aside>`;
}
