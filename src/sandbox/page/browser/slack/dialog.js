// A dialog within a client: it takes the focus, keeps it when it is drawn anew, closes on Esc, and gives the focus back.

import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { html } from '../html.js';

const FOCUSABLE = '[data-first] , input, textarea, select, button, a[href]';

export function Dialog({ kind, title, described, onClose, head, hidden, covered, children }) {
  const dialog = useRef(null);
  const opener = useRef(null);
  const last = useRef(null);
  const id = useId();
  useLayoutEffect(() => {
    if (hidden) return undefined;
    opener.current ??= document.activeElement;
    // The opener may be gone by then: what it stood in is next.
    const candidates = [opener.current, opener.current.closest('article'), dialog.current.closest('[data-frame]')];
    const body = dialog.current.querySelector('[data-body]') ?? dialog.current;
    const first = dialog.current.querySelector('[data-focus]') ?? body.querySelector(FOCUSABLE) ?? dialog.current.querySelector('button');
    // Once what lay over it is gone, it goes on where it was left.
    (last.current?.isConnected ? last.current : first)?.focus({ preventScroll: true });
    // What was under the dialog can take the focus again only after everything is drawn.
    return () => queueMicrotask(() => {
      const lost = document.activeElement === document.body || !document.activeElement?.isConnected;
      if (!lost) return;
      const back = candidates.find((node) => node?.isConnected && node !== document.body && !node.closest('[inert], [hidden]'));
      back?.focus({ preventScroll: true });
    });
  }, [hidden]);
  useLayoutEffect(() => {
    // What had the focus is gone with what was shown before: the dialog tells its name anew.
    const lost = document.activeElement === document.body && last.current && !last.current.isConnected;
    if (!hidden && lost) dialog.current.focus({ preventScroll: true });
  });
  const keys = (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    onClose();
  };
  return html`<div class=${`layer ${kind}-layer`} hidden=${hidden} inert=${covered}>
    <span class="scrim" onClick=${kind === 'confirm' ? onClose : undefined}></span>
    <div class=${`dialog ${kind}`} ref=${dialog} role="dialog" aria-modal="true"
      aria-labelledby=${`${id}-title`} aria-describedby=${described && `${id}-text`} tabindex="-1" onKeyDown=${keys}
      onFocusIn=${({ target }) => { last.current = target; }}>
      <header class="dialog-head">
        ${head}
        <h2 id=${`${id}-title`}>${title}</h2>
      </header>
      ${children(id)}
    </div>
  </div>`;
}
