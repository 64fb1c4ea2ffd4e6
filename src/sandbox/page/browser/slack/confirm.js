// What an element's `confirm` asks before the action counts.

import { html, classes } from '../html.js';
import { plain, textObject } from '../kit/mrkdwn.js';
import { Dialog } from './dialog.js';

export function Confirm({ client, question, answer }) {
  const { title, text, confirm, deny, style } = question;
  return html`<${Dialog} kind="confirm" title=${plain(title)} described onClose=${() => answer(false)}>
    ${(id) => html`
      <div class="dialog-text text" id=${`${id}-text`}>${textObject(text, client.page.names)}</div>
      <footer class="dialog-foot">
        <button type="button" class="button" data-focus onClick=${() => answer(false)}>${plain(deny) || 'Cancel'}</button>
        <button type="button" class=${classes('button', style ?? 'primary')} onClick=${() => answer(true)}>${plain(confirm) || 'Yes'}</button>
      </footer>`}
  <//>`;
}
