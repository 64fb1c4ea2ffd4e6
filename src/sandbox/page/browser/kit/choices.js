// Checkboxes and radio buttons.

import { useId } from 'preact/hooks';
import { html } from '../html.js';
import { plain, textObject } from './mrkdwn.js';
import { useSurface } from './surface.js';

export function Choices({ element, value, onChange, labelled = {} }) {
  const { names } = useSurface();
  const id = useId();
  const several = element.type === 'checkboxes';
  const chosen = new Set(value ? value.split(',') : []);
  const change = (option, checked) => {
    if (!several) return onChange(option.value);
    checked ? chosen.add(option.value) : chosen.delete(option.value);
    // In the order in which they are offered.
    onChange(element.options.map((one) => one.value).filter((one) => chosen.has(one)).join(','));
  };
  const { 'aria-required': required, 'aria-invalid': invalid, ...group } = labelled;
  return html`<div class="choices" role=${several ? 'group' : 'radiogroup'} ...${group}>
    ${element.options.map((option, index) => html`<label class="choice" key=${option.value}>
      <input type=${several ? 'checkbox' : 'radio'} name=${id} checked=${chosen.has(option.value)} aria-invalid=${invalid}
        data-first=${index === 0} onChange=${(event) => change(option, event.currentTarget.checked)} />
      <span>
        <span class="text">${option.text.type === 'mrkdwn' ? textObject(option.text, names) : plain(option.text)}</span>
        ${option.description && html`<span class="hint">${textObject(option.description, names)}</span>`}
      </span>
    </label>`)}
  </div>`;
}
