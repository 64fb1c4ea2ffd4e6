// Slack's texts as nodes. What people wrote only ever becomes text: nothing here parses HTML.

import { el } from './dom.js';

/** The emoji of the bot's own sentences. */
const EMOJI = {
  arrow_right: '➡️', grey_question: '❔', hourglass: '⌛', hourglass_flowing_sand: '⏳', inbox_tray: '📥',
  large_green_circle: '🟢', no_entry: '⛔', no_entry_sign: '🚫', pencil2: '✏️', warning: '⚠️', white_check_mark: '✅', x: '❌',
};

const STYLES = { '*': 'strong', _: 'em', '~': 's' };

// Code, a thing in angle brackets, an emoji, or a styled run that begins and ends at the edge of a word.
const TOKEN =
  /```([^]+?)```|`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+-]+):|(?<![\w*_~])([*_~])(?=\S)((?:(?!\5)[^\n])*\S)\5(?![\w*_~])/;

/** Slack escapes these three in every text, plain ones too. */
export const unescaped = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

/** A text object. `names` tells what people and channels are called. */
export function textObject(object, names) {
  return object.type === 'mrkdwn' ? mrkdwn(object.text, names) : unescaped(object.text);
}

/** Slack's markup as a fragment. */
export function mrkdwn(text, names) {
  const fragment = document.createDocumentFragment();
  for (let rest = text; rest; ) {
    const found = TOKEN.exec(rest);
    if (!found) {
      fragment.append(unescaped(rest));
      break;
    }
    fragment.append(unescaped(rest.slice(0, found.index)), token(found, names));
    rest = rest.slice(found.index + found[0].length);
  }
  return fragment;
}

function token([whole, block, code, angled, emoji, mark, styled], names) {
  if (block !== undefined) return el('pre', {}, unescaped(block));
  if (code !== undefined) return el('code', {}, unescaped(code));
  if (angled !== undefined) return thing(angled, names);
  if (emoji !== undefined) return EMOJI[emoji] ?? whole;
  return el(STYLES[mark], {}, mrkdwn(styled, names));
}

function thing(angled, names) {
  const [what, label] = angled.split(/\|(.*)/s);
  if (what.startsWith('@')) return el('span', { class: 'mention' }, `@${names.person(what.slice(1))}`);
  if (what.startsWith('#')) return el('span', { class: 'mention' }, `#${names.channel(what.slice(1))}`);
  if (what.startsWith('!date^')) return date(what, label);
  if (what.startsWith('!')) return el('span', { class: 'mention' }, `@${what.slice(1)}`);
  return link(unescaped(what), unescaped(label ?? what));
}

/** A link that leads away, or, to this page itself, to a request of P0's. */
export function link(url, label, attributes = {}) {
  if (!/^https?:\/\//.test(url)) return label;
  const here = url.startsWith(location.href.split('#')[0] + '#');
  const away = here ? {} : { target: '_blank', rel: 'noopener noreferrer' };
  return el('a', { href: url, ...away, ...attributes }, label);
}

function date(what, fallback) {
  const [, seconds, format] = what.split('^');
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime()) || !format) return unescaped(fallback ?? what);
  const shown = unescaped(format).replace(/\{(\w+)\}/g, (token, kind) => datePart(kind, at) ?? token);
  return el('time', { datetime: at.toISOString(), title: at.toLocaleString() }, shown);
}

function datePart(kind, at) {
  if (kind === 'time') return clock(at);
  if (kind === 'time_secs') return at.toLocaleTimeString();
  if (!kind.startsWith('date')) return null;
  const day = (days) => new Date(Date.now() + days * 86_400_000).toDateString();
  const near = { [day(-1)]: 'yesterday', [day(0)]: 'today', [day(1)]: 'tomorrow' }[at.toDateString()];
  if (kind.endsWith('pretty') && near) return near;
  const month = kind.includes('short') ? 'short' : 'long';
  return at.toLocaleDateString([], { year: 'numeric', month, day: 'numeric' });
}

/** The hour and minute of a time. */
export const clock = (at) => at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

/** Rich text in simple form: sections, lists, quotes and preformatted text. */
export function richText(block, names) {
  const part = (element) => {
    switch (element.type) {
      case 'rich_text_section': return el('p', {}, ...element.elements.map(leaf));
      case 'rich_text_preformatted': return el('pre', {}, ...element.elements.map(leaf));
      case 'rich_text_quote': return el('blockquote', {}, ...element.elements.map(leaf));
      case 'rich_text_list':
        return el(element.style === 'ordered' ? 'ol' : 'ul', {}, ...element.elements.map((item) => el('li', {}, part(item))));
      default: return leaf(element);
    }
  };
  const leaf = (element) => {
    switch (element.type) {
      case 'text': return styledText(element);
      case 'user': return el('span', { class: 'mention' }, `@${names.person(element.user_id)}`);
      case 'channel': return el('span', { class: 'mention' }, `#${names.channel(element.channel_id)}`);
      case 'emoji': return EMOJI[element.name] ?? `:${element.name}:`;
      case 'link': return link(element.url, element.text ?? element.url);
      default: return '';
    }
  };
  return el('div', {}, ...block.elements.map(part));
}

function styledText({ text, style = {} }) {
  const marks = { bold: 'strong', italic: 'em', strike: 's', code: 'code' };
  return Object.entries(marks).reduce((inner, [key, name]) => (style[key] ? el(name, {}, inner) : inner), text);
}
