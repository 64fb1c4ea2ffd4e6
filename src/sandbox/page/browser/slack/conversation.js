// A channel: its messages and the box to write in.

import { html } from '../html.js';
import { Composer } from './composer.js';
import { Messages } from './messages.js';
import { TopBar } from './top_bar.js';

export function Conversation({ client }) {
  const { channel, lines } = client;
  const { members, bot_is_member: botIsIn, is_ext_shared: shared, name } = channel;
  const note = shared ? 'shared with another company' : `${members.length} members`;
  const cards = channel.id === client.page.cards ? 'No cards yet: they arrive within a few seconds.' : 'No messages here yet.';
  const empty = botIsIn ? cards : 'No messages here: the bot was never invited.';
  return html`
    <${TopBar} client=${client} title=${`${channel.is_private ? '🔒 ' : '# '}${name}`} note=${note} />
    <${Messages} key=${`${client.person} ${channel.id}`} client=${client} lines=${lines} empty=${empty} />
    <${Composer} client=${client} to=${`#${name}`} hint=${botIsIn ? 'The bot hears what names @p0.' : null}
      send=${(text) => ({ kind: 'write', channel: channel.id, text })} />`;
}
