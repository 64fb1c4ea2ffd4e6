// Block Kit as HTML: what is read, what is pressed, and what is filled in.

import { el } from './dom.js';
import { link, richText, textObject, unescaped } from './mrkdwn.js';

/**
 * Draws blocks. `context` holds `names`, `errors` (of a modal's inputs, by block id) and
 * `act(element, option)`, which resolves to a complaint of Slack's or to nothing.
 */
export function drawBlocks(blocks, context) {
  const fragment = document.createDocumentFragment();
  fragment.append(...blocks.map((block) => drawBlock(block, context)));
  return fragment;
}

function drawBlock(block, context) {
  const { names } = context;
  switch (block.type) {
    case 'header': return el('h4', { class: 'head' }, textObject(block.text, names));
    case 'divider': return el('hr');
    case 'section': return section(block, context);
    case 'context': return el('p', { class: 'context' }, ...block.elements.filter((text) => text.text).map((text) => el('span', {}, textObject(text, names))));
    case 'actions': return controls(block.elements, context);
    case 'input': return input(block, context);
    case 'rich_text': return richText(block, names);
    default: return notDrawn(block);
  }
}

/** A kind that the bot does not use: the page says so rather than hiding it. */
const notDrawn = (thing) => el('p', { class: 'context' }, `(${thing.type}: the sandbox does not draw it)`);

function section(block, context) {
  const { names } = context;
  const node = el('div', { class: 'section' });
  if (block.text) node.append(el('p', {}, textObject(block.text, names)));
  if (block.fields) node.append(el('ul', { class: 'fields' }, ...block.fields.map((field) => el('li', {}, textObject(field, names)))));
  if (block.accessory) node.append(controls([block.accessory], context));
  return node;
}

function controls(elements, context) {
  const own = el('p', { class: 'trouble', role: 'alert', hidden: true });
  const act = async (control, element, option) => {
    // Not `disabled`: that would lose the focus, to which dialogs return.
    if (control.ariaBusy === 'true') return;
    control.ariaBusy = 'true';
    own.hidden = true;
    const complaint = await context.act(element, option);
    control.ariaBusy = 'false';
    // The message may have been drawn anew meanwhile.
    const trouble = own.isConnected ? own : document.getElementById('trouble');
    trouble.textContent = complaint ?? '';
    trouble.hidden = !complaint;
    if (complaint) trouble.scrollIntoView({ block: 'nearest' });
  };
  return el('div', { class: 'actions' }, ...elements.map((element) => control(element, act)), own);
}

function control(element, act) {
  switch (element.type) {
    case 'button': return element.url ? linkButton(element, act) : button(element, act);
    case 'static_select': return menu(element, unescaped(element.placeholder?.text ?? 'Choose…'), act);
    case 'overflow': return menu(element, '⋯ More', act);
    default: return notDrawn(element);
  }
}

function button(element, act) {
  const node = el('button', { type: 'button', class: element.style, 'data-action': element.action_id }, unescaped(element.text.text));
  node.addEventListener('click', () => act(node, element));
  return node;
}

/** Slack opens the address and tells the bot of the press all the same. */
function linkButton(element, act) {
  const node = link(element.url, unescaped(element.text.text), { class: 'button', 'data-action': element.action_id });
  if (node instanceof Element) node.addEventListener('click', () => act(node, element));
  return node;
}

/** A select that is the action itself: choosing acts, after its confirm. */
function menu(element, title, act) {
  const node = el('select', { 'aria-label': title, 'data-action': element.action_id }, el('option', { value: '' }, title), ...options(element));
  // Where arrow keys change a closed select, each of them would choose: they open it instead.
  node.addEventListener('keydown', (event) => {
    if (['ArrowDown', 'ArrowUp'].includes(event.key) && node.showPicker) {
      event.preventDefault();
      node.showPicker();
    }
  });
  node.addEventListener('change', async () => {
    const option = optionsOf(element).find((option) => option.value === node.value);
    node.value = '';
    if (option) await act(node, element, option);
  });
  return node;
}

const optionsOf = (element) => element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);

const options = (element, chosen) =>
  optionsOf(element).map((option) => el('option', { value: option.value, selected: option.value === chosen }, unescaped(option.text.text)));

/** An input of a modal with its label, hint and error. What it holds is read by `filledIn`. */
function input(block, { errors = {} }) {
  const id = `input-${block.block_id}`;
  const error = errors[block.block_id];
  const label = unescaped(block.label.text) + (block.optional ? ' (optional)' : '');
  const field = fieldOf(block.element, {
    id,
    name: block.element.action_id,
    required: !block.optional,
    'aria-invalid': error ? 'true' : null,
    'aria-describedby': `${id}-hint ${id}-error`,
  });
  return el('div', { class: 'input' },
    el('label', { for: id }, label),
    field,
    el('p', { id: `${id}-hint`, class: 'hint' }, block.hint ? unescaped(block.hint.text) : ''),
    el('p', { id: `${id}-error`, class: 'trouble', role: 'alert', hidden: !error }, error ?? ''));
}

function fieldOf(element, attributes) {
  if (element.type === 'static_select') {
    const chosen = element.initial_option?.value;
    return el('select', attributes, el('option', { value: '' }, unescaped(element.placeholder?.text ?? 'Choose…')), ...options(element, chosen));
  }
  if (element.type !== 'plain_text_input') return notDrawn(element);
  const limits = { minlength: element.min_length, maxlength: element.max_length ?? 3000, placeholder: element.placeholder?.text };
  const field = el(element.multiline ? 'textarea' : 'input', { ...attributes, ...limits, autocomplete: 'off' });
  field.value = field.defaultValue = unescaped(element.initial_value ?? '');
  return field;
}

/** What a modal's inputs hold, by action id. What was empty and stayed so is left out, as Slack's `null`. */
export function filledIn(form) {
  const fields = [...form.elements].filter((field) => field.name);
  return Object.fromEntries(fields.filter((field) => field.value || field.defaultValue).map((field) => [field.name, field.value]));
}
