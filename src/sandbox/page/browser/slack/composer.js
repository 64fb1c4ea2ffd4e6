// The box to write in. A slash offers the bot's command, a + its global shortcuts.

import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { Shortcuts } from './shortcuts.js';
import { offered } from './slash.js';

/** `to` names the conversation; `send` makes the deed of a text that is no command. */
export function Composer({ client, to, hint, send, inThread }) {
  const { command } = client.page.slack.bot;
  const [text, setText] = useState('');
  const [complaint, setComplaint] = useState(null);
  const [at, setAt] = useState(0);
  const [closed, setClosed] = useState(false);
  const box = useRef(null);
  const id = useId();
  const offers = inThread || closed ? [] : offered(command, text);
  const chosen = Math.min(at, offers.length - 1);

  useLayoutEffect(() => {
    box.current.style.height = 'auto';
    box.current.style.height = `${Math.min(box.current.scrollHeight + 2, 140)}px`;
  }, [text]);
  const write = (value) => {
    setText(value);
    setAt(0);
    setClosed(false);
  };
  const take = (offer) => {
    write(offer.fill);
    box.current.focus();
  };
  const submit = async (event) => {
    event?.preventDefault();
    const said = text.trim();
    if (!said) return;
    write('');
    const deed = deedOf(said, { command, channel: client.channel?.id ?? client.page.cards, inThread, send });
    client.noteSent(inThread);
    setComplaint(deed.error ?? (await client.act(deed)));
  };
  const use = async (callback_id) => setComplaint(await client.act({ kind: 'shortcut', callback_id }));
  const keys = (event) => {
    if (offers.length && ['ArrowDown', 'ArrowUp'].includes(event.key)) {
      event.preventDefault();
      setAt((chosen + (event.key === 'ArrowDown' ? 1 : offers.length - 1)) % offers.length);
    } else if (offers.length && event.key === 'Escape') {
      event.stopPropagation();
      setClosed(true);
    } else if (offers.length && (event.key === 'Tab' || event.key === 'Enter') && !event.shiftKey && offers[chosen].fill !== text && !complete(offers, text)) {
      event.preventDefault();
      take(offers[chosen]);
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  };
  return html`<form class="composer" onSubmit=${submit}>
    ${offers.length > 0 && html`<ul class="offers" role="listbox" id=${`${id}-offers`} aria-label="Commands">
      ${offers.map((offer, index) => html`<li key=${offer.usage} id=${`${id}-${index}`} role="option" aria-selected=${index === chosen}
        onPointerDown=${(event) => event.preventDefault()} onClick=${() => take(offer)}>
        <b>${offer.usage}</b> <span class="hint">${offer.about}</span>
      </li>`)}
    </ul>`}
    <div class="writing">
      ${!inThread && html`<${Shortcuts} client=${client} type="global" name="Shortcuts" face="+" use=${use} />`}
      <textarea ref=${box} rows="1" maxlength="2000" placeholder=${`Message ${to}`} aria-label=${`Message ${to}`} value=${text} autocomplete="off"
        aria-describedby=${hint ? `${id}-hint` : undefined} aria-autocomplete="list" aria-controls=${offers.length ? `${id}-offers` : undefined}
        aria-activedescendant=${offers.length ? `${id}-${chosen}` : undefined}
        onInput=${(event) => write(event.currentTarget.value)} onBlur=${() => setClosed(true)} onKeyDown=${keys}></textarea>
      <button class="send" aria-label="Send" title="Send" disabled=${!text.trim()}><span aria-hidden="true">➤</span></button>
    </div>
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${complaint && html`<p class="trouble" role="alert">⚠ ${complaint}</p>`}
  </form>`;
}

/** Whether a command stands there that needs nothing more. */
const complete = (offers, text) => offers.some((offer) => offer.fill.trim() === text.trim() && !offer.needsMore);

function deedOf(text, { command, channel, inThread, send }) {
  if (inThread || !text.startsWith('/')) return send(text);
  if (text === command || text.startsWith(`${command} `)) return { kind: 'slash', channel, text: text.slice(command.length).trim() };
  return { error: `${text.split(' ')[0]} is not a valid command.` };
}
