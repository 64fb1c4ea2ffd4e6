// Confirms and modals.

import { drawBlocks, filledIn } from './blocks.js';
import { el } from './dom.js';
import { textObject, unescaped } from './mrkdwn.js';

/** Asks what an element's `confirm` says; resolves to whether the person agreed. */
export function agreed(confirm, names) {
  const dialog = document.getElementById('confirm');
  const yes = el('button', { value: 'yes', class: confirm.style ?? 'primary' }, unescaped(confirm.confirm?.text ?? 'Yes'));
  const no = el('button', { value: 'no', autofocus: true }, unescaped(confirm.deny?.text ?? 'Cancel'));
  dialog.replaceChildren(
    el('form', { method: 'dialog' },
      el('h2', { id: 'confirm-title' }, unescaped(confirm.title.text)),
      el('p', { id: 'confirm-text' }, textObject(confirm.text, names)),
      el('div', { class: 'foot' }, no, yes)));
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** The person's topmost modal; drawn anew only when the bot has changed it, so that what is being typed stays. */
export class Modal {
  #dialog = document.getElementById('modal');
  #shown = null;

  /** `deeds` holds `act(view, element, option)`, `submit(view, values)` and `close(view)`. */
  constructor(deeds) {
    this.deeds = deeds;
    this.#dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.deeds.close(this.view);
    });
  }

  /** Shows this view (an entry of the stand-in's `modals`), or nothing. */
  show(view, names) {
    const key = view ? JSON.stringify(view) : null;
    if (key === this.#shown) return;
    const typed = view && this.view?.id === view.id ? filledIn(this.#dialog.querySelector('form')) : {};
    this.#shown = key;
    this.view = view;
    if (!view) return this.#dialog.close();
    this.#draw(view, names);
    for (const field of this.#dialog.querySelector('form').elements) {
      if (field.name in typed) field.value = typed[field.name];
    }
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #draw({ view, errors, ...entry }, names) {
    const act = (element, option) => this.deeds.act(entry, element, option);
    const trouble = el('p', { class: 'trouble', role: 'alert', hidden: true });
    const close = el('button', { type: 'button' }, unescaped(view.close?.text ?? 'Close'));
    const submit = view.submit && el('button', { class: 'primary' }, unescaped(view.submit.text));
    const form = el('form', {},
      el('h2', { id: 'modal-title' }, unescaped(view.title.text)),
      el('div', { class: 'blocks' }, drawBlocks(view.blocks, { names, errors, act })),
      trouble,
      el('div', { class: 'foot' }, close, submit));
    close.addEventListener('click', () => this.deeds.close(entry));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (!submit) return;
      submit.disabled = true;
      const complaint = await this.deeds.submit(entry, filledIn(form));
      submit.disabled = false;
      trouble.textContent = complaint ?? '';
      trouble.hidden = !complaint;
    });
    this.#dialog.replaceChildren(form);
  }
}
