// Rich text: sections, lists, quotes and preformatted text.

import { html } from '../html.js';
import { filled } from './dates.js';
import { emoji } from './emoji.js';
import { NotDrawn } from './missing.js';
import { Link, Mention } from './mrkdwn.js';

/** A `rich_text` block. Lists that follow each other with a deeper `indent` are drawn one inside the other by their margin. */
export const RichText = ({ block, names }) => html`<div class="rich">${block.elements.map((part) => drawPart(part, names))}</div>`;

function drawPart(part, names) {
  const inner = () => part.elements.map((leaf) => drawLeaf(leaf, names));
  switch (part.type) {
    case 'rich_text_section': return html`<div class="line">${inner()}</div>`;
    case 'rich_text_preformatted': return html`<pre>${inner()}</pre>`;
    case 'rich_text_quote': return html`<blockquote>${inner()}</blockquote>`;
    case 'rich_text_list': return list(part, names);
    default: return html`<${NotDrawn} thing=${part} />`;
  }
}

function list({ style, indent = 0, offset = 0, elements }, names) {
  const items = elements.map((item) => html`<li>${drawPart(item, names)}</li>`);
  const depth = `indent-${Math.min(indent, 5)}`;
  return style === 'ordered' ? html`<ol class=${depth} start=${offset + 1}>${items}</ol>` : html`<ul class=${depth}>${items}</ul>`;
}

function drawLeaf(leaf, names) {
  return styled(bare(leaf, names), leaf.style);
}

function bare(leaf, names) {
  switch (leaf.type) {
    case 'text': return leaf.text;
    case 'user': return html`<${Mention}>@${names.person(leaf.user_id)}<//>`;
    case 'usergroup': return html`<${Mention}>@${names.group(leaf.usergroup_id)}<//>`;
    case 'channel': return html`<${Mention}>#${names.channel(leaf.channel_id)}<//>`;
    case 'broadcast': return html`<${Mention}>@${leaf.range}<//>`;
    case 'link': return html`<${Link} url=${leaf.url} label=${leaf.text ?? leaf.url} />`;
    case 'emoji': return leaf.unicode ? fromCodes(leaf.unicode) : emoji(leaf.name);
    case 'color': return html`<code>${leaf.value}</code>`;
    case 'date': {
      const shown = filled(leaf.format, leaf.timestamp)?.text ?? leaf.fallback ?? '';
      return leaf.url ? html`<${Link} url=${leaf.url} label=${shown} />` : shown;
    }
    default: return html`<${NotDrawn} thing=${leaf} />`;
  }
}

const fromCodes = (codes) => String.fromCodePoint(...codes.split('-').map((code) => Number.parseInt(code, 16)));

const MARKS = { bold: 'strong', italic: 'em', strike: 's', underline: 'u', code: 'code' };

const styled = (inner, style = {}) =>
  Object.entries(MARKS).reduce((node, [key, name]) => (style[key] ? html`<${name}>${node}<//>` : node), inner);
