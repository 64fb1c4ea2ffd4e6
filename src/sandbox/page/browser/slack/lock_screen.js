// The locked phone: the time, and what has come in.

import { html } from '../html.js';
import { Push, usePushes } from './notification.js';
import { useNow } from './status_bar.js';

export function LockScreen({ client }) {
  const now = useNow(client.page);
  const pushes = usePushes(client).slice(-4).reverse();
  return html`<div class="lock">
    <p class="lock-time">${now.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}</p>
    <p class="lock-date">${now.toLocaleDateString([], { weekday: 'long', month: 'long', day: 'numeric' })}</p>
    <div class="lock-pushes">
      ${pushes.map((push) => html`<${Push} key=${push.ts} client=${client} push=${push} />`)}
      ${pushes.length === 0 && html`<p class="lock-none">No notifications</p>`}
    </div>
    <button type="button" class="button unlock" onClick=${() => client.setLocked(false)}>Unlock</button>
  </div>`;
}
