// One of several things that a side can do, as a group of radio buttons.

import { useId } from 'preact/hooks';
import { html } from '../html.js';

/** `choices` hold `id` and `what`; `value` is the id of the one that counts; `head` is false where the name stands elsewhere. */
export function Choice({ name, head = true, choices, value, choose }) {
  const id = useId();
  return html`<div role="radiogroup" class="group" aria-label=${name}>
    ${head && html`<h2>${name}</h2>`}
    ${choices.map((choice) => html`<label class="choice" key=${choice.id}>
      <input type="radio" name=${id} checked=${choice.id === value} onChange=${() => choose(choice.id)} /><span>${choice.what}</span>
    </label>`)}
  </div>`;
}
