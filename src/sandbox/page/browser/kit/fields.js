// Elements that hold something, as a string in the form in which the stand-in takes it: options by value, several by
// commas, times as Slack writes them.

import { html } from '../html.js';
import { Choices } from './choices.js';
import { MenuButton } from './menu.js';
import { plain } from './mrkdwn.js';
import { useSurface } from './surface.js';
import { Typed } from './typed.js';

/** How each kind is drawn, and where it says what it holds at first. */
const KINDS = {
  static_select: [Select, 'initial_option'],
  external_select: [Select, 'initial_option'],
  multi_static_select: [Select, 'initial_options'],
  users_select: [Select, 'initial_user'],
  multi_users_select: [Select, 'initial_users'],
  conversations_select: [Select, 'initial_conversation'],
  multi_conversations_select: [Select, 'initial_conversations'],
  channels_select: [Select, 'initial_channel'],
  multi_channels_select: [Select, 'initial_channels'],
  checkboxes: [Choices, 'initial_options'],
  radio_buttons: [Choices, 'initial_option'],
  datepicker: [Typed, 'initial_date'],
  timepicker: [Typed, 'initial_time'],
  datetimepicker: [Typed, 'initial_date_time'],
  plain_text_input: [Typed, 'initial_value'],
  number_input: [Typed, 'initial_value'],
  email_text_input: [Typed, 'initial_value'],
  url_text_input: [Typed, 'initial_value'],
};

/** Whether the page knows this kind of element as one that holds something. */
export const isField = (element) => Object.hasOwn(KINDS, element.type);

/** What an untouched element holds; empty where it holds nothing. */
export function initialOf(element) {
  const initial = element[KINDS[element.type]?.[1]];
  const one = (thing) => String(thing?.value ?? thing ?? '');
  return Array.isArray(initial) ? initial.map(one).join(',') : one(initial);
}

/**
 * The element with its value. `labelled` holds the attributes that name it in a form; with `acts` each choice is an
 * action, so that typing is told of only when it is done.
 */
export function Field(props) {
  const [kind] = KINDS[props.element.type];
  return html`<${kind} ...${props} />`;
}

function Select({ element, value, onChange, busy, acts, labelled }) {
  const { slack, names } = useSurface();
  const multiple = element.type.startsWith('multi_');
  const groups = groupsOf(element, slack, names);
  return html`<${MenuButton} role="listbox" name=${plain(element.placeholder) || 'Choose…'} groups=${groups} chosen=${value ? value.split(',') : []}
    multiple=${multiple} most=${element.max_selected_items} busy=${busy} labelled=${labelled} onPick=${onChange} atOnce=${!acts} />`;
}

/** What a select offers: its own options, or people and channels of the workspace. */
function groupsOf(element, slack, names) {
  const named = (list) => [{ options: list.map(([value, text]) => ({ value, text: { type: 'plain_text', emoji: false, text } })) }];
  const people = () => slack.people.filter((person) => !person.deleted).map(({ id }) => [id, `@${names.person(id)}`]);
  const channels = () => slack.channels.filter((channel) => !channel.im_with).map(({ id, name }) => [id, `#${name}`]);
  if (element.type.includes('users')) return named(people());
  if (element.type.includes('channels')) return named(channels());
  if (element.type.includes('conversations')) return named([...channels(), ...people()]);
  if (element.option_groups) return element.option_groups.map(({ label, options }) => ({ label: plain(label), options }));
  return [{ options: element.options ?? [] }];
}
