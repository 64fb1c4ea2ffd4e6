// The app's shortcuts, as Slack has them: the global ones under the + beside the box to write in, the others at a message.

import { html } from '../html.js';
import { MenuButton } from '../kit/menu.js';
import { Surface } from '../kit/surface.js';

/** Those of a `type`, behind a button with a `name` and a `face`; `use` is told the one that was picked, by its callback id. */
export function Shortcuts({ client, type, name, face, use }) {
  const shortcuts = client.page.slack.bot.shortcuts.filter((shortcut) => shortcut.type === type);
  if (shortcuts.length === 0) return null;
  const text = (said) => ({ type: 'plain_text', emoji: false, text: said });
  const options = shortcuts.map((shortcut) => ({ value: shortcut.callback_id, text: text(shortcut.name), description: text(shortcut.description) }));
  return html`<${Surface.Provider} value=${{ phone: client.phone }}>
    <${MenuButton} role="menu" name=${name} face=${face} groups=${[{ label: 'p0', options }]} onPick=${use} />
  <//>`;
}
