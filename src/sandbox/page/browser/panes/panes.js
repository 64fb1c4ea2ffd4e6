// Behind the scenes: what P0 hears, what is on disk, what can be broken, and stories. Where the window is narrow, Slack
// is one tab among them.

import { html } from '../html.js';
import { DiskPane } from './disk.js';
import { FaultsPane } from './faults.js';
import { OnCallPane } from './on_call.js';
import { P0Pane } from './p0.js';
import { StoryPane } from './story.js';

const PANES = { P0: P0Pane, 'On call': OnCallPane, Disk: DiskPane, Faults: FaultsPane, Story: StoryPane };

/** What a pane is called where no space may stand. */
const idOf = (name) => name.replace(' ', '-');

/** `children` is the tab "Slack", where there is one. */
export function Panes({ page, wide, children }) {
  const { pane, setPane } = page;
  const names = [...(wide ? [] : ['Slack']), ...Object.keys(PANES)];
  const keys = (event) => {
    const at = names.indexOf(pane);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const name = names[(to + names.length) % names.length];
    setPane(name);
    document.getElementById(`tab-${idOf(name)}`)?.focus();
  };
  return html`<div class="panes">
    <div class="tabs" role="tablist" aria-label="Behind the scenes" onKeyDown=${keys}>
      ${names.map((name) => html`<button type="button" key=${name} id=${`tab-${idOf(name)}`} role="tab" aria-selected=${pane === name}
        aria-controls=${`panel-${idOf(name)}`} tabindex=${pane === name ? 0 : -1} onClick=${() => setPane(name)}>${name}</button>`)}
    </div>
    ${names.map((name) => html`<div key=${name} class=${`panel panel-${idOf(name).toLowerCase()}`} role="tabpanel" id=${`panel-${idOf(name)}`} aria-labelledby=${`tab-${idOf(name)}`}
      tabindex=${name === 'Slack' ? undefined : 0} hidden=${pane !== name}>
      ${name === 'Slack' ? children : pane === name && html`<${PANES[name]} page=${page} />`}
    </div>`)}
  </div>`;
}
