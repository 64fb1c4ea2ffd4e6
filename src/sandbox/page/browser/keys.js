// Keys that move the focus within a list.

/** Up and down go to the neighbour of the focused item, or to the nearest end if none is. */
export function arrows(event, selector) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const from = event.target;
  if (!step || from.matches('input, textarea, select, [aria-haspopup], [role="option"], [role="menuitem"]')) return;
  const items = [...event.currentTarget.querySelectorAll(selector)];
  if (!items.length) return;
  const at = items.indexOf(from.closest(selector));
  event.preventDefault();
  items[at < 0 ? (step > 0 ? 0 : items.length - 1) : Math.max(0, Math.min(items.length - 1, at + step))].focus();
}
