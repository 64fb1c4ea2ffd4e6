// The interactive elements of Block Kit, where choosing is the action itself.

import { useState } from 'preact/hooks';
import { html, classes } from '../html.js';
import { Field, initialOf, isField } from './fields.js';
import { MenuButton } from './menu.js';
import { NotDrawn } from './missing.js';
import { follow, Link, plain } from './mrkdwn.js';
import { usePerform } from './surface.js';

/** About how many characters of a label Slack shows. */
const SHOWN = 30;

/** One element of a block, with its own line for what Slack complains of. */
export function Element({ element, block }) {
  const [act, busy, complaint] = usePerform(block.block_id);
  return html`<span class=${classes('element', element.type === 'overflow' && 'last')} data-action=${element.action_id}>
    ${drawn(element, act, busy, block.block_id)}
    ${complaint && html`<span class="trouble" role="alert">⚠ ${complaint}</span>`}
  </span>`;
}

function drawn(element, act, busy, blockId) {
  if (element.type === 'button') return html`<${Button} element=${element} act=${act} busy=${busy} />`;
  if (element.type === 'overflow') return html`<${Overflow} element=${element} act=${act} busy=${busy} />`;
  if (isField(element)) return html`<${Choosing} blockId=${blockId} element=${element} act=${act} busy=${busy} />`;
  return html`<${NotDrawn} thing=${element} />`;
}

/** A button that holds an address opens it, and Slack tells the bot of the press all the same. */
function Button({ element, act, busy }) {
  const label = plain(element.text);
  const look = {
    class: classes('button', element.style),
    title: label.length > SHOWN ? label : undefined,
    'aria-label': element.accessibility_label,
    // Not `disabled`: that would lose the focus.
    'aria-busy': busy || undefined,
    onClick: () => act(element),
  };
  const face = html`<span class="label">${label}</span>`;
  if (element.url) return html`<${Link} url=${element.url} label=${face} ...${look} />`;
  return html`<button type="button" ...${look}>${face}</button>`;
}

function Overflow({ element, act, busy }) {
  const pick = (value) => {
    const option = element.options.find((option) => option.value === value);
    if (option?.url) follow(option.url);
    act(element, value);
  };
  return html`<${MenuButton} role="menu" name="More actions" face="⋯" groups=${[{ options: element.options }]} busy=${busy} onPick=${pick} />`;
}

/** Shows what was picked, as a client does until the bot draws the block anew. */
function Choosing({ element, blockId, act, busy }) {
  const [picked, setPicked] = useState({ value: '', at: null });
  const pick = async (value) => {
    if (await act(element, value)) setPicked({ value, at: blockId });
  };
  return html`<${Field} element=${element} value=${picked.at === blockId ? picked.value : initialOf(element)} busy=${busy} onChange=${pick} acts />`;
}
