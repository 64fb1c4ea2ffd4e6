// One Slack client, on a desktop or on a phone: whose it is, where they look, and what lies over it.

import { html, classes } from '../html.js';
import { Intro } from '../intro.js';
import { App } from './app_place.js';
import { Confirm } from './confirm.js';
import { Conversation } from './conversation.js';
import { LockScreen } from './lock_screen.js';
import { Modals } from './modal.js';
import { Notification } from './notification.js';
import { Sidebar } from './sidebar.js';
import { StatusBar } from './status_bar.js';
import { Thread } from './thread.js';
import { useClient } from './use_client.js';
import { APP } from './workspace.js';

/** `name` is "Desktop" or "Phone"; `page` is what both share; `shown` says whether anybody can see it. */
export function Client({ name, page, shown }) {
  const phone = name === 'Phone';
  const client = useClient({ name, phone, page, shown });
  const { place, thread, confirm, modals, locked } = client;
  const over = confirm !== null || modals.length > 0;
  const main = place === null ? null : html`<div class="main">
    ${place === APP ? html`<${App} client=${client} />` : html`<${Conversation} client=${client} />`}
  </div>`;
  return html`<section class=${classes('client', phone ? 'phone' : 'desktop')} aria-label=${name} hidden=${!shown}>
    <${WhoseBar} client=${client} />
    <div class="frame" data-frame ref=${client.frame} tabindex="-1">
      <div class="inside" inert=${over}>
        ${phone && html`<${StatusBar} client=${client} />`}
        ${locked ? html`<${LockScreen} client=${client} />` : html`
          ${phone && html`<${Notification} client=${client} />`}
          <div class=${classes('body', thread && 'with-thread', place !== null && 'with-main')}>
            ${!page.wide && place === null && html`<${Intro} page=${page} />`}
            ${(!phone || (place === null && !thread)) && html`<${Sidebar} client=${client} />`}
            ${!(phone && thread) && main}
            ${thread && html`<${Thread} client=${client} key=${thread.ts} />`}
          </div>`}
      </div>
      <${Modals} client=${client} covered=${confirm !== null} />
      ${confirm && html`<${Confirm} client=${client} ...${confirm} />`}
    </div>
  </section>`;
}

/** Whose client it is. */
function WhoseBar({ client }) {
  const { name, page, person } = client;
  const id = `person-${name}`;
  return html`<div class="whose">
    <span class="device" aria-hidden="true">${name}</span>
    <label for=${id}>You are</label>
    <select id=${id} value=${person} onChange=${(event) => client.become(event.currentTarget.value)}>
      ${page.people.map((one) => html`<option key=${one.id} value=${one.id}>${page.names.person(one.id)}: ${one.what}</option>`)}
    </select>
    <button type="button" class="tool" aria-label="Reload this client" title="Reload this client: lines that only one person sees are gone then"
      onClick=${() => client.act({ kind: 'reload' })}>↻</button>
  </div>`;
}
