// The page: two Slack clients side by side, and what happens behind the scenes.

import { render } from 'preact';
import { html, classes } from './html.js';
import { Announcer } from './announcer.js';
import { Banners } from './banners.js';
import { Intro } from './intro.js';
import { Panes } from './panes/panes.js';
import { StoryBar } from './panes/story.js';
import { useServer } from './server.js';
import { Client } from './slack/client.js';
import { ThemeButton } from './theme.js';
import { usePage } from './use_page.js';
import { useWide } from './wide.js';

function Sandbox() {
  const { state, lost } = useServer();
  if (!state) return html`<p class="empty" role="status">${lost ? 'The sandbox does not answer. This page goes on trying.' : 'Looking…'}</p>`;
  return html`<${Page} state=${state} lost=${lost} />`;
}

function Page({ state, lost }) {
  const wide = useWide();
  const page = usePage(state, wide);
  const { pane, setPane } = page;
  const panes = html`<${Panes} page=${page} wide=${wide} />`;
  const clients = html`<div class="clients">
    <${Client} key="Desktop" name="Desktop" page=${page} shown=${wide} />
    <${Client} key="Phone" name="Phone" page=${page} shown=${wide || pane === 'Slack'} />
  </div>`;
  return html`<div class=${classes('page', wide ? 'wide' : 'narrow')}>
    <header class="top">
      <h1>p0-chatops <span>sandbox</span></h1>
      <${ThemeButton} />
    </header>
    <${Banners} page=${page} lost=${lost} />
    ${wide && html`<${Intro} page=${page} />`}
    ${!wide && pane === 'Slack' && state.story && html`<${StoryBar} story=${state.story} more=${() => setPane('Story')} />`}
    <main class="stage">${wide ? [clients, panes] : html`<${Panes} page=${page} wide=${wide}>${clients}<//>`}</main>
    <${Announcer} page=${page} />
  </div>`;
}

render(html`<${Sandbox} />`, document.body);
