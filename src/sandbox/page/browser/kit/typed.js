// What is typed: text, numbers, addresses, days and times.

import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { plain } from './mrkdwn.js';

const TYPES = {
  datepicker: 'date', timepicker: 'time', datetimepicker: 'datetime-local',
  number_input: 'number', email_text_input: 'email', url_text_input: 'url', plain_text_input: 'text',
};

export function Typed({ element, value, onChange, acts, labelled }) {
  const [draft, setDraft] = useState(null);
  const type = TYPES[element.type];
  const shown = draft ?? shownOf(element, value);
  const set = (text) => (acts ? setDraft(text) : onChange(heldOf(element, text)));
  // An action tells of what was typed once, when it is done.
  const done = () => {
    if (draft === null) return;
    setDraft(null);
    const held = heldOf(element, draft);
    if (held && held !== value) onChange(held);
  };
  const placeholder = plain(element.placeholder);
  const attributes = {
    ...labelled, value: shown, placeholder: placeholder || undefined, autocomplete: 'off',
    'aria-label': labelled ? undefined : placeholder || 'Choose…',
    onInput: (event) => set(event.currentTarget.value),
    onBlur: done,
    onKeyDown: (event) => acts && event.key === 'Enter' && done(),
  };
  if (element.multiline) return html`<textarea class="typed" rows="4" ...${attributes} />`;
  return html`<input class="typed" type=${type} step=${stepOf(element)} min=${element.min_value} max=${element.max_value} ...${attributes} />`;
}

const stepOf = ({ type, is_decimal_allowed: decimals }) => (type === 'number_input' ? (decimals ? 'any' : '1') : undefined);

/** Slack holds a day with its time as seconds, a browser as a local time. */
function shownOf({ type }, value) {
  if (type !== 'datetimepicker' || !value) return value;
  const at = new Date(Number(value) * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function heldOf({ type }, shown) {
  return type === 'datetimepicker' && shown ? String(Math.floor(new Date(shown).getTime() / 1000)) : shown;
}

/** What Slack's own client says of a value before it sends it, or nothing. */
export function complaintOf(element, value, required) {
  const length = [...value].length;
  if (!value) return required ? 'Please complete this required field.' : null;
  switch (element.type) {
    case 'plain_text_input': {
      const { min_length: least = 0, max_length: most = 3000 } = element;
      if (length < least) return `Please use at least ${least} characters.`;
      return length > most ? `Please use at most ${most} characters (${length - most} too many).` : null;
    }
    case 'number_input': return numberComplaint(element, Number(value));
    case 'email_text_input': return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? null : 'Please enter an e-mail address.';
    case 'url_text_input': return /^https?:\/\//.test(value) && URL.canParse(value) ? null : 'Please enter an address that begins with https://.';
    default: return null;
  }
}

function numberComplaint({ is_decimal_allowed: decimals, min_value: least, max_value: most }, number) {
  if (Number.isNaN(number)) return 'Please enter a number.';
  if (!decimals && !Number.isInteger(number)) return 'Please enter a whole number.';
  if (least !== undefined && number < Number(least)) return `Please enter ${least} or more.`;
  if (most !== undefined && number > Number(most)) return `Please enter ${most} or less.`;
  return null;
}
