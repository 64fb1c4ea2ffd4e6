// The `markdown` block: the usual marks of Markdown as nodes. As everywhere, what was written only ever becomes text.

import { html } from '../html.js';
import { emoji } from './emoji.js';
import { Link } from './mrkdwn.js';

// Code, a link, bold, italic or struck text, an emoji.
const TOKEN = /`([^`\n]+)`|!?\[([^\]\n]*)\]\(([^()\s]+)\)|(\*\*|__|~~|\*|_)(?=\S)([^\n]*?\S)\4(?!\w)|:([a-z0-9_+-]+):/;

const MARKS = { '**': 'strong', __: 'strong', '~~': 's', '*': 'em', _: 'em' };

/** Markdown as nodes, paragraph by paragraph. */
export const Markdown = ({ text }) => html`<div class="rich">${text.split(/```[^\n]*\n([^]*?)\n?```/).map((piece, index) =>
  index % 2 ? html`<pre>${piece}</pre>` : paragraphs(piece))}</div>`;

/** Lines of one kind that follow each other stand together. */
function paragraphs(text) {
  const groups = [];
  for (const line of text.split('\n')) {
    const kind = kindOf(line);
    if (groups.at(-1)?.kind !== kind || kind === 'heading') groups.push({ kind, lines: [] });
    groups.at(-1).lines.push(line);
  }
  return groups.map(drawn);
}

function kindOf(line) {
  if (!line.trim()) return 'nothing';
  if (/^#{1,6} /.test(line)) return 'heading';
  if (/^\s*[-*+] /.test(line)) return 'bullet';
  if (/^\s*\d+[.)] /.test(line)) return 'ordered';
  if (/^> ?/.test(line)) return 'quote';
  return /^ {0,3}(-{3,}|\*{3,}|_{3,})\s*$/.test(line) ? 'rule' : 'text';
}

function drawn({ kind, lines }) {
  const items = () => lines.map((line) => html`<li>${inline(line.replace(/^\s*([-*+]|\d+[.)]) /, ''))}</li>`);
  switch (kind) {
    case 'nothing': return null;
    case 'rule': return html`<hr />`;
    case 'heading': return html`<p class="head">${inline(lines[0].replace(/^#+ /, ''))}</p>`;
    case 'bullet': return html`<ul>${items()}</ul>`;
    case 'ordered': return html`<ol>${items()}</ol>`;
    case 'quote': return html`<blockquote>${inline(lines.map((line) => line.replace(/^> ?/, '')).join('\n'))}</blockquote>`;
    default: return html`<div class="line">${inline(lines.join('\n'))}</div>`;
  }
}

function inline(text) {
  const nodes = [];
  for (let rest = text; rest; ) {
    const found = TOKEN.exec(rest);
    if (!found) return [...nodes, rest];
    nodes.push(rest.slice(0, found.index), token(found));
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

function token([, code, label, url, mark, marked, name]) {
  if (code !== undefined) return html`<code>${code}</code>`;
  if (url !== undefined) return html`<${Link} url=${url} label=${label ? inline(label) : url} />`;
  if (name !== undefined) return emoji(name);
  return html`<${MARKS[mark]}>${inline(marked)}<//>`;
}
