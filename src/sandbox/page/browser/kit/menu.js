// The button of a select or overflow menu, and what it opens: a popover on a desktop, a sheet from below on a phone.

import { useId, useRef, useState } from 'preact/hooks';
import { html, classes } from '../html.js';
import { plain } from './mrkdwn.js';
import { Popup } from './popup.js';
import { useSurface } from './surface.js';

/**
 * `role` is `listbox` or `menu`; `groups` hold `options` and perhaps a `label`; `chosen` are values. What is picked is
 * told by `onPick`: of `multiple` ones all, joined by commas, `atOnce` or when the menu closes.
 */
export function MenuButton({ role, name, face, groups, chosen = [], multiple, most, busy, labelled, onPick, atOnce }) {
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState(null);
  const button = useRef(null);
  const id = useId();
  const { phone } = useSurface();
  const picked = draft ?? chosen;
  const shown = textOf(groups, picked);
  const close = ({ refocus = true } = {}) => {
    setOpen(false);
    setDraft(null);
    if (refocus) button.current?.focus();
    if (draft && !atOnce && draft.join() !== chosen.join()) onPick(draft.join(','));
  };
  const pick = (value) => {
    if (!multiple) {
      close();
      return onPick(value);
    }
    const next = picked.includes(value) ? picked.filter((one) => one !== value) : [...picked, value];
    if (most && next.length > most) return;
    setDraft(next);
    if (atOnce) onPick(next.join(','));
  };
  const keys = (event) => {
    if (!['ArrowDown', 'ArrowUp'].includes(event.key)) return;
    event.preventDefault();
    setOpen(true);
  };
  return html`<span class="menu-holder">
    <button ref=${button} type="button" class=${classes('button', face ? 'icon' : 'select', !shown && 'unset')} ...${labelled}
      aria-labelledby=${labelled && `${labelled['aria-labelledby']} ${id}-face`} aria-required=${undefined}
      aria-label=${labelled ? undefined : nameOf(name, shown)}
      aria-haspopup=${role} aria-expanded=${open} aria-controls=${open ? id : undefined} aria-busy=${busy || undefined}
      onClick=${() => (open ? close() : busy || setOpen(true))} onKeyDown=${keys}>
      <span class="label" id=${`${id}-face`}>${face ?? (shown || name)}</span>
    </button>
    ${open && html`<${Popup} id=${id} role=${role} name=${name} groups=${groups} chosen=${picked} multiple=${multiple}
      phone=${phone} anchor=${button} onPick=${pick} onClose=${close} />`}
  </span>`;
}

/** The visible text is part of the name. */
const nameOf = (name, shown) => (shown ? `${name} ${shown}` : name);

const textOf = (groups, chosen) =>
  groups.flatMap(({ options }) => options).filter((option) => chosen.includes(option.value)).map((option) => plain(option.text)).join(', ');
