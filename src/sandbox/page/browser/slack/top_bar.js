// The bar over a conversation; on a phone it leads back.

import { html } from '../html.js';

export const TopBar = ({ client, title, note, children }) => html`<header class="topbar">
  ${client.phone && html`<button type="button" class="back" aria-label="Back" onClick=${() => client.go(null)}>‹</button>`}
  <h2>${title} ${note && html`<span class="note">${note}</span>`}</h2>
  ${children}
</header>`;
