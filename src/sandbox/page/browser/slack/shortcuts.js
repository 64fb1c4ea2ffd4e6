// The app's global shortcuts, under the + beside the box to write in, as Slack has them.

import { html } from '../html.js';
import { MenuButton } from '../kit/menu.js';
import { Surface } from '../kit/surface.js';

/** `use` is told the one that was picked, by its callback id. */
export function Shortcuts({ client, use }) {
  const shortcuts = client.page.slack.bot.shortcuts.filter(({ type }) => type === 'global');
  if (shortcuts.length === 0) return null;
  const text = (said) => ({ type: 'plain_text', emoji: false, text: said });
  const options = shortcuts.map(({ name, callback_id, description }) => ({ value: callback_id, text: text(name), description: text(description) }));
  return html`<${Surface.Provider} value=${{ phone: client.phone }}>
    <${MenuButton} role="menu" name="Shortcuts" face="+" groups=${[{ label: 'p0', options }]} onPick=${use} />
  <//>`;
}
