// The app: its Home, where it has one, and the direct message with it.

import { useEffect } from 'preact/hooks';
import { html } from '../html.js';
import { Blocks } from '../kit/blocks.js';
import { Surface } from '../kit/surface.js';
import { Composer } from './composer.js';
import { Messages } from './messages.js';
import { TopBar } from './top_bar.js';
import { APP } from './workspace.js';

export function App({ client }) {
  const { person, lines, page } = client;
  const tabs = page.slack.bot.home || page.slack.homes[person] ? ['Home', 'Messages'] : ['Messages'];
  const tab = tabs.includes(client.tab) ? client.tab : 'Messages';
  const id = (name) => `app-${client.name}-${name}`;
  const keys = (event) => {
    if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
    const other = tabs.find((name) => name !== tab);
    if (!other) return;
    client.go(APP, { tab: other });
    document.getElementById(id(other))?.focus();
  };
  return html`
    <${TopBar} client=${client} title="p0" note="app">
      <div class="tabs" role="tablist" aria-label="p0" onKeyDown=${keys}>
        ${tabs.map((name) => html`<button type="button" key=${name} id=${id(name)} role="tab" aria-selected=${tab === name} aria-controls=${`${id(name)}-panel`}
          tabindex=${tab === name ? 0 : -1} onClick=${() => client.go(APP, { tab: name })}>${name}</button>`)}
      </div>
    <//>
    <div class="tabpanel" role="tabpanel" id=${`${id(tab)}-panel`} aria-labelledby=${id(tab)}>
      ${tab === 'Home' ? html`<${Home} key=${person} client=${client} />` : html`
        <${Messages} key=${person} client=${client} lines=${lines} empty=${`p0 has not written to ${page.names.person(person)} yet. Write “help” to it.`} />
        <${Composer} client=${client} to="p0" send=${(text) => ({ kind: 'dm', text })} />`}
    </div>`;
}

/** What the bot has published for this person. Slack tells it each time somebody looks. */
function Home({ client }) {
  const { page, person, phone } = client;
  const home = page.slack.homes[person];
  useEffect(() => {
    if (page.slack.bot.home) client.act({ kind: 'open_home' });
  }, []);
  if (!home) {
    const empty = `p0 has not published a Home for ${page.names.person(person)}. What it sends is under Messages.`;
    return html`<div class="home" tabindex="0"><p class="empty">${empty}</p></div>`;
  }
  const surface = { names: page.names, slack: page.slack, phone, perform: client.performAt({ in: 'view', view_id: home.id }) };
  return html`<div class="home" tabindex="0"><${Surface.Provider} value=${surface}><${Blocks} blocks=${home.view.blocks} /><//></div>`;
}
