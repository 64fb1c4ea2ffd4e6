// The open list of a select or overflow menu, with the keys that people know from such lists.

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { html, classes } from '../html.js';
import { plain } from './mrkdwn.js';

export function Popup({ id, role, name, groups, chosen, multiple, phone, anchor, onPick, onClose }) {
  const popup = useRef(null);
  const typed = useRef({ text: '', at: 0 });
  const options = () => [...popup.current.querySelectorAll('[data-value]')];
  useLayoutEffect(() => {
    const first = popup.current.querySelector('[aria-selected="true"]') ?? options()[0];
    first?.focus({ preventScroll: phone });
  }, []);
  usePlace(popup, anchor, !phone);
  useOutside(popup, anchor, () => onClose({ refocus: false }));

  const keys = (event) => {
    const all = options();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[Math.max(0, Math.min(all.length - 1, to))]?.focus();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      onClose();
    } else if (event.key === 'Tab') {
      // The focus goes on from the button, as if the list were not there.
      anchor.current?.focus();
      onClose({ refocus: false });
    } else if ((event.key === 'Enter' || event.key === ' ') && at >= 0) {
      event.preventDefault();
      onPick(all[at].dataset.value);
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      search(event.key, all, at);
    }
  };
  const search = (key, all, at) => {
    const soon = Date.now() - typed.current.at < 800;
    typed.current = { text: (soon ? typed.current.text : '') + key.toLowerCase(), at: Date.now() };
    const { text } = typed.current;
    const order = [...all.slice(at + (text.length === 1 ? 1 : 0)), ...all];
    order.find((option) => option.textContent.trim().toLowerCase().replace(/^[@#]/, '').startsWith(text))?.focus();
  };

  const one = (option) => html`<li key=${option.value} class="option" role=${role === 'menu' ? 'menuitem' : 'option'} tabindex="-1" data-value=${option.value}
    aria-selected=${role === 'menu' ? undefined : chosen.includes(option.value)} onClick=${() => onPick(option.value)}>
    <span>${plain(option.text)}</span>
    ${option.description && html`<span class="hint">${plain(option.description)}</span>`}
  </li>`;
  const list = html`<ul id=${id} role=${role} aria-label=${name} aria-multiselectable=${multiple || undefined} tabindex="-1">
    ${groups.map(({ label, options }) => (label
      ? html`<li role="presentation" key=${label}>
          <ul role="group" aria-label=${label}>
            <li class="group" aria-hidden="true" role="presentation">${label}</li>
            ${options.map(one)}
          </ul>
        </li>`
      : options.map(one)))}
  </ul>`;
  return html`
    ${phone && html`<span class="scrim" onClick=${() => onClose()}></span>`}
    <div ref=${popup} class=${classes('popup', phone ? 'sheet' : 'floating')} onKeyDown=${keys}>
      ${phone && html`<p class="sheet-title" aria-hidden="true">${name}</p>`}
      ${list}
      ${phone && html`<button type="button" class="button sheet-close" onClick=${() => onClose()}>${multiple ? 'Done' : 'Close'}</button>`}
    </div>`;
}

/** Keeps a popover beside its button, within the client's window: below it, or above where there is more room. */
function usePlace(popup, anchor, floating) {
  useLayoutEffect(() => {
    if (!floating) return undefined;
    const frame = anchor.current.closest('[data-frame]');
    const place = () => {
      if (!popup.current || !anchor.current) return;
      const [outer, button] = [frame.getBoundingClientRect(), anchor.current.getBoundingClientRect()];
      const { style } = popup.current;
      const [above, below] = [button.top - outer.top - 12, outer.bottom - button.bottom - 12];
      const down = below >= Math.min(popup.current.scrollHeight, 280) || below >= above;
      style.maxHeight = `${Math.max(120, down ? below : above)}px`;
      style.minWidth = `${button.width}px`;
      style.top = down ? `${button.bottom - outer.top + 4}px` : 'auto';
      style.bottom = down ? 'auto' : `${outer.bottom - button.top + 4}px`;
      style.left = `${Math.max(8, Math.min(button.left - outer.left, outer.width - popup.current.offsetWidth - 8))}px`;
    };
    place();
    const follow = new ResizeObserver(place);
    follow.observe(frame);
    addEventListener('scroll', place, true);
    return () => {
      follow.disconnect();
      removeEventListener('scroll', place, true);
    };
  }, []);
}

function useOutside(popup, anchor, close) {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    const pressed = ({ target }) => {
      if (!popup.current?.contains(target) && !anchor.current?.contains(target)) latest.current();
    };
    document.addEventListener('pointerdown', pressed);
    return () => document.removeEventListener('pointerdown', pressed);
  }, []);
}
