// An input block: a label, a field, a hint, and what is wrong with it.

import { useId } from 'preact/hooks';
import { html, classes } from '../html.js';
import { Field, initialOf, isField } from './fields.js';
import { NotDrawn } from './missing.js';
import { plain } from './mrkdwn.js';
import { useSurface } from './surface.js';

/** In a modal what it holds is kept in the surface's `form`; in a message nobody is told of it before an action. */
export function Input({ block }) {
  const { form, errors = {}, perform } = useSurface();
  const id = useId();
  const { element } = block;
  const error = errors[block.block_id];
  const value = form?.values[formKey(block)] ?? initialOf(element);
  const change = (held) => {
    form?.set(formKey(block), held);
    if (block.dispatch_action) perform(element, held);
  };
  const labelled = {
    id,
    'aria-labelledby': `${id}-label`,
    'aria-describedby': [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined,
    'aria-invalid': error ? 'true' : undefined,
    'aria-required': block.optional ? undefined : 'true',
  };
  const counted = element.type === 'plain_text_input' && element.max_length;
  return html`<div class=${classes('input', error && 'wrong')} data-block=${block.block_id}>
    <label id=${`${id}-label`} for=${id}>${plain(block.label)}
      ${block.optional ? html` <span class="optional">(optional)</span>` : html`<span class="required" aria-hidden="true"> *</span>`}
    </label>
    ${isField(element) ? html`<${Field} element=${element} value=${value} onChange=${change} labelled=${labelled} />` : html`<${NotDrawn} thing=${element} />`}
    ${counted && counted - [...value].length < Math.min(100, counted / 4) && html`<p class="hint" aria-hidden="true">${counted - [...value].length} characters left</p>`}
    ${error && html`<p class="trouble" id=${`${id}-error`} role="alert">${error}</p>`}
    ${block.hint && html`<p class="hint" id=${`${id}-hint`}>${plain(block.hint)}</p>`}
  </div>`;
}

/** Under which a form keeps what an input holds: a view that changes keeps what was typed as long as both ids stay. */
export const formKey = (block) => `${block.block_id} ${block.element.action_id}`;
