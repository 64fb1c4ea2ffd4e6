// Slack's texts as nodes. What people wrote only ever becomes text: nothing here parses HTML.

import { html } from '../html.js';
import { filled } from './dates.js';
import { emoji, withEmoji } from './emoji.js';

const STYLES = { '*': 'strong', _: 'em', '~': 's' };

// Code, a thing in angle brackets, an emoji, a bare address, or a styled run that begins and ends at the edge of a word.
const TOKEN =
  /`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+-]+):|(https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)'"])|(?<![\w*_~])([*_~])(?=\S)((?:(?!\5)[^\n])*\S)\5(?![\w*_~])/;

/** Slack escapes these three in every text, plain ones too. */
export const unescaped = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

/** A text object as a string, for names and titles; markup is left as it was written. */
export function plain(object) {
  const text = unescaped(object?.text ?? '');
  return object?.emoji === false ? text : withEmoji(text);
}

/** A text object as nodes. `names` tells what people and channels are called. */
export function textObject(object, names) {
  if (!object) return null;
  return object.type === 'mrkdwn' ? mrkdwn(object.text, names, object) : plain(object);
}

/** Slack's markup as nodes. Where it is `verbatim`, bare addresses stay text. */
export function mrkdwn(text, names, { verbatim = false } = {}) {
  return text.split(/```\n?([^]+?)\n?```\n?/).map((piece, index) =>
    index % 2 ? html`<pre>${unescaped(piece)}</pre>` : quotes(piece, names, verbatim));
}

/** Lines that begin with `>` are quoted; after `>>>` everything is. */
function quotes(text, names, verbatim) {
  const inner = (lines) => inline(lines, names, verbatim);
  const all = /(^|\n)(?:&gt;|>){3} ?/.exec(text);
  if (all) return [quotes(text.slice(0, all.index), names, verbatim), html`<blockquote>${inner(text.slice(all.index + all[0].length))}</blockquote>`];
  return text.split(/((?:^(?:&gt;|>) ?.*(?:\n|$))+)/m).map((piece, index) => {
    if (index % 2 === 0) return inner(piece);
    return html`<blockquote>${inner(piece.replace(/\n$/, '').replace(/^(?:&gt;|>) ?/gm, ''))}</blockquote>`;
  });
}

function inline(text, names, verbatim) {
  const nodes = [];
  for (let rest = text; rest; ) {
    const found = TOKEN.exec(rest);
    if (!found) {
      nodes.push(unescaped(rest));
      break;
    }
    nodes.push(unescaped(rest.slice(0, found.index)), token(found, names, verbatim));
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

function token([whole, code, angled, name, address, mark, styled], names, verbatim) {
  if (code !== undefined) return html`<code>${unescaped(code)}</code>`;
  if (angled !== undefined) return thing(angled, names);
  if (name !== undefined) return emoji(name);
  if (address !== undefined) return verbatim ? unescaped(whole) : html`<${Link} url=${unescaped(address)} />`;
  return html`<${STYLES[mark]}>${inline(styled, names, verbatim)}<//>`;
}

function thing(angled, names) {
  const [what, label] = angled.split(/\|(.*)/s);
  if (what.startsWith('@')) return html`<${Mention}>@${names.person(what.slice(1))}<//>`;
  if (what.startsWith('#')) return html`<${Mention}>#${names.channel(what.slice(1))}<//>`;
  if (what.startsWith('!subteam^')) return html`<${Mention}>@${names.group(what.slice('!subteam^'.length))}<//>`;
  if (what.startsWith('!date^')) return date(what, label);
  if (what.startsWith('!')) return html`<${Mention}>${label ? unescaped(label) : `@${what.slice(1)}`}<//>`;
  return html`<${Link} url=${unescaped(what)} label=${unescaped(label ?? what.replace(/^mailto:/, ''))} />`;
}

/** Somebody or something that is named. */
export const Mention = ({ children }) => html`<span class="mention">${children}</span>`;

function date(what, fallback) {
  const [, seconds, format, url] = what.split('^');
  const shown = filled(unescaped(format ?? ''), seconds);
  if (!shown) return unescaped(fallback ?? what);
  const time = html`<time datetime=${shown.at.toISOString()} title=${shown.at.toLocaleString()}>${shown.text}</time>`;
  return url ? html`<${Link} url=${unescaped(url)} label=${time} />` : time;
}

/** A link that leads away or, to this page itself, to a request of P0's. Addresses of other kinds stay text. */
export function Link({ url, label = url, ...attributes }) {
  const way = wayTo(url);
  return way ? html`<a ...${way} ...${attributes}>${label}</a>` : html`<span>${label}</span>`;
}

/** Goes to an address as a press on its link does. */
export function follow(url) {
  const way = wayTo(url);
  if (!way) return;
  const link = Object.assign(document.createElement('a'), way);
  document.body.append(link);
  link.click();
  link.remove();
}

/** What a link to an address says; null where none may be made. */
function wayTo(url) {
  const here = fragmentOfThisPage(url);
  if (here) return { href: here };
  return /^(https?:\/\/|mailto:|tel:)/.test(url) ? { href: url, target: '_blank', rel: 'noopener noreferrer' } : null;
}

/** The page may have been opened as `localhost`: what tells it from others is its path. */
function fragmentOfThisPage(url) {
  const { pathname, hash } = URL.canParse(url) ? new URL(url) : {};
  return hash && pathname === location.pathname ? hash : null;
}

/** Markup as a push notification reads it out. */
export function spoken(text, names) {
  const things = text.replace(/<([^<>\n]+)>/g, (_, angled) => {
    const [what, label] = angled.split(/\|(.*)/s);
    if (what.startsWith('@')) return `@${names.person(what.slice(1))}`;
    if (what.startsWith('#')) return `#${names.channel(what.slice(1))}`;
    if (what.startsWith('!date^')) return filled(unescaped(what.split('^')[2] ?? ''), what.split('^')[1])?.text ?? label ?? '';
    return label ?? what;
  });
  const bare = things.replace(/```|`/g, '').replace(/(?<![\w*_~])([*_~])(?=\S)((?:(?!\1)[^\n])*\S)\1(?![\w*_~])/g, '$2');
  return withEmoji(unescaped(bare));
}
