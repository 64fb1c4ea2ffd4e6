// Modals: the person's stack of views. Each keeps what was typed into it while others lie over it.

import { useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { Blocks } from '../kit/blocks.js';
import { initialOf, isField } from '../kit/fields.js';
import { formKey } from '../kit/input.js';
import { plain } from '../kit/mrkdwn.js';
import { Surface } from '../kit/surface.js';
import { complaintOf } from '../kit/typed.js';
import { Dialog } from './dialog.js';

export const Modals = ({ client, covered }) => client.modals.map((entry, index) =>
  html`<${Modal} key=${entry.id} client=${client} entry=${entry} below=${index} top=${index === client.modals.length - 1} covered=${covered} />`);

/** `entry` is one of the stand-in's views: its id, the view, and the bot's complaints by block id. */
function Modal({ client, entry, below, top, covered }) {
  const { page, phone } = client;
  const { view } = entry;
  const [values, setValues] = useState({});
  const [own, setOwn] = useState({});
  const [busy, setBusy] = useState(false);
  const [complaint, setComplaint] = useState(null);
  const body = useRef(null);
  const inputs = view.blocks.filter((block) => block.type === 'input' && isField(block.element));
  const held = (block) => values[formKey(block)] ?? initialOf(block.element);
  const form = { values, set: (key, value) => setValues((old) => ({ ...old, [key]: value })) };
  const surface = {
    names: page.names, slack: page.slack, phone, form, errors: { ...entry.errors, ...own },
    perform: client.performAt({ in: 'view', view_id: entry.id }),
  };
  const close = () => client.act({ kind: 'close', view_id: entry.id });
  const submit = async (event) => {
    event.preventDefault();
    if (busy || !view.submit) return;
    const wrong = inputs.map((block) => [block.block_id, complaintOf(block.element, held(block), !block.optional)]).filter(([, what]) => what);
    setOwn(Object.fromEntries(wrong));
    if (wrong.length) {
      const first = body.current.querySelector(`[data-block="${CSS.escape(wrong[0][0])}"]`);
      return first?.querySelector('input, textarea, button')?.focus();
    }
    setBusy(true);
    setComplaint(await client.act({ kind: 'submit', view_id: entry.id, values: filledIn(inputs, held) }));
    setBusy(false);
  };
  const head = html`<button type="button" class="tool" aria-label=${below ? 'Back' : 'Close the window'} onClick=${close}>${below ? '‹' : '✕'}</button>`;
  return html`<${Dialog} kind="modal" title=${plain(view.title)} onClose=${close} hidden=${!top} covered=${covered} head=${head}>
    ${() => html`<form noValidate onSubmit=${submit}>
      <div class="dialog-body" data-body ref=${body} tabindex="0">
        <${Surface.Provider} value=${surface}><${Blocks} blocks=${view.blocks} /><//>
      </div>
      ${complaint && html`<p class="trouble" role="alert">⚠ ${complaint}</p>`}
      <footer class="dialog-foot">
        <button type="button" class="button" onClick=${close}>${plain(view.close) || 'Close'}</button>
        ${view.submit && html`<button class="button primary" aria-busy=${busy || undefined} aria-disabled=${view.submit_disabled || undefined}>
          ${plain(view.submit)}
        </button>`}
      </footer>
    </form>`}
  <//>`;
}

/** What inputs hold, by action id. What was empty and stayed so is left out, as Slack's `null`. */
function filledIn(inputs, held) {
  const filled = inputs.filter((block) => held(block) || (initialOf(block.element) && !hasOptions(block.element)));
  return Object.fromEntries(filled.map((block) => [block.element.action_id, held(block)]));
}

const hasOptions = ({ type }) => /select|checkboxes|radio/.test(type);
