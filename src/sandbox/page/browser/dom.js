// Making nodes, and changing as few of them as can be.

/** An element with attributes and children; strings become text. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, '');
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Puts nodes into a list without moving those that stand right: moved nodes lose the focus. */
export function arrange(list, nodes) {
  const kept = new Set(nodes);
  for (const node of [...list.childNodes]) if (!kept.has(node)) node.remove();
  nodes.forEach((node, index) => {
    if (list.childNodes[index] !== node) list.insertBefore(node, list.childNodes[index] ?? null);
  });
}
