// Block Kit's blocks.

import { html, classes } from '../html.js';
import { Element } from './elements.js';
import { Input } from './input.js';
import { Markdown } from './markdown.js';
import { NotDrawn } from './missing.js';
import { plain, textObject } from './mrkdwn.js';
import { RichText } from './rich_text.js';
import { useSurface } from './surface.js';

/**
 * Blocks in order. Slack gives those without an id a new one with each change, so it is their kind and number that
 * decides whether they keep their nodes, and with them the focus and open menus.
 */
export function Blocks({ blocks }) {
  const counts = {};
  const keyed = blocks.map((block) => {
    counts[block.type] = (counts[block.type] ?? 0) + 1;
    return [`${block.type} ${counts[block.type]}`, block];
  });
  return html`<div class="blocks">${keyed.map(([key, block]) => html`<${Block} key=${key} block=${block} />`)}</div>`;
}

function Block({ block }) {
  const { names } = useSurface();
  switch (block.type) {
    case 'header': return html`<h3 class="head">${plain(block.text)}</h3>`;
    case 'divider': return html`<hr />`;
    case 'section': return html`<${Section} block=${block} />`;
    case 'context': return html`<${ContextBlock} block=${block} />`;
    case 'actions': return html`<${Actions} block=${block} />`;
    case 'input': return html`<${Input} block=${block} />`;
    case 'image': return html`<${Image} image=${block} />`;
    case 'markdown': return html`<${Markdown} text=${block.text} />`;
    case 'rich_text': return html`<${RichText} block=${block} names=${names} />`;
    default: return html`<${NotDrawn} thing=${block} />`;
  }
}

function Section({ block }) {
  const { names } = useSurface();
  const { text, fields, accessory } = block;
  return html`<div class="section">
    <div class="said">
      ${text && html`<div class="text">${textObject(text, names)}</div>`}
      ${fields && html`<ul class="fields">${fields.map((field) => html`<li class="text">${textObject(field, names)}</li>`)}</ul>`}
    </div>
    ${accessory && html`<div class="accessory">
      ${accessory.type === 'image'
        ? html`<${Image} image=${accessory} small />`
        : html`<${Element} key=${accessory.action_id} element=${accessory} block=${block} />`}
    </div>`}
  </div>`;
}

function ContextBlock({ block }) {
  const { names } = useSurface();
  return html`<div class="context">${block.elements.map((element) => {
    if (element.type === 'image') return html`<${Image} image=${element} tiny />`;
    if (element.text !== undefined) return html`<span class="text">${textObject(element, names)}</span>`;
    return html`<${NotDrawn} thing=${element} />`;
  })}</div>`;
}

const Actions = ({ block }) => html`<div class="actions">
  ${block.elements.map((element, index) => html`<${Element} key=${element.action_id ?? index} element=${element} block=${block} />`)}
</div>`;

/** The place of a picture. It would come from elsewhere, and the page fetches nothing from there. */
function Image({ image, small, tiny }) {
  const from = URL.canParse(image.image_url ?? '') ? new URL(image.image_url).host : 'a file in Slack';
  const title = `${image.alt_text} (from ${from}; the sandbox fetches nothing)`;
  const box = html`<span class=${classes('picture', small && 'small', tiny && 'tiny')} role="img" aria-label=${image.alt_text} title=${title}>
    ${!tiny && html`<span aria-hidden="true">${image.alt_text}</span>`}
  </span>`;
  return small || tiny ? box : html`<figure>${image.title && html`<figcaption>${plain(image.title)}</figcaption>`}${box}</figure>`;
}
