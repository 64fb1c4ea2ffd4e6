// The workspace's sidebar: channels and the app, with what is unread. On a phone it is the first screen.

import { html, classes } from '../html.js';
import { arrows } from '../keys.js';
import { APP, unreadAt } from './workspace.js';

export function Sidebar({ client }) {
  const { page, person, channels, phone } = client;
  const absent = !channels.some((channel) => channel.id === page.cards);
  return html`<div class="sidebar">
    <p class="workspace"><span class="workspace-mark" aria-hidden="true">${page.slack.team.domain[0]}</span> ${page.slack.team.domain}</p>
    <nav aria-label="Conversations" onKeyDown=${(event) => arrows(event, 'button')}>
      <p class="group" aria-hidden="true">Channels</p>
      ${channels.map((channel) => html`<${Entry} key=${channel.id} client=${client} place=${channel.id} name=${`#${channel.name}`}
        mark=${channel.is_private ? '🔒' : '#'} label=${channel.name} note=${channel.is_ext_shared ? 'shared with another company' : null} />`)}
      ${absent && html`<p class="absent">${page.names.person(person)} is not in #${page.names.channel(page.cards)} and sees nothing of it.</p>`}
      <p class="group" aria-hidden="true">${phone ? 'Apps and direct messages' : 'Apps'}</p>
      <${Entry} client=${client} place=${APP} name="p0" mark="p0" label="p0" app />
    </nav>
  </div>`;
}

function Entry({ client, place, name, mark, label, note, app }) {
  const { page, person } = client;
  const unread = unreadAt(page.slack, place, person, page.readUpTo(person, place));
  const spoken = [name, unread > 0 && `${unread} new`, note].filter(Boolean).join(', ');
  return html`<button type="button" class=${classes('entry', unread && 'unread', app && 'app')} aria-label=${spoken} title=${note}
    aria-current=${client.place === place ? 'page' : undefined} onClick=${() => client.go(place)}>
    <span class="mark" data-mark=${mark}></span>
    <span class="name">${label}</span>
    ${note && html`<span class="shared" data-mark="◇"></span>`}
    ${unread > 0 && html`<span class="badge" data-mark=${unread}></span>`}
  </button>`;
}
