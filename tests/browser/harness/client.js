// Slack as one person holds it: a desk's client or a phone's.

import { eventually } from './sandbox.js';
import { Tab } from './tab.js';

/** Those of `found` that say all of `texts`. */
export const saying = (found, texts) => texts.reduce((left, hasText) => left.filter({ hasText }), found);

/** What is pressed is tapped on a phone and clicked at a desk. */
export class Client {
  constructor(screen, at, touch) {
    this.screen = screen;
    this.at = at;
    this.touch = touch;
    this.taps = 0;
    this.person = at.getByRole('combobox', { name: 'You are' });
    this.messages = at.getByRole('log', { name: 'Messages' }).or(at.getByRole('region', { name: 'Messages' }));
    this.box = at.getByRole('textbox', { name: /^Message/ });
  }

  /** Becomes somebody, or somebody else. */
  async be(name) {
    const option = this.person.locator('option').filter({ hasText: new RegExp(`^${name}\\b`) });
    await this.person.selectOption(await option.getAttribute('value'));
    return this;
  }

  async press(locator, options) {
    this.taps += 1;
    await (this.touch ? locator.tap(options) : locator.click(options));
  }

  /** A conversation's button, by the beginning of its name. */
  conversation(name) {
    const list = this.at.getByRole('navigation', { name: 'Conversations' });
    return list.getByRole('button', { name: new RegExp(`^${name}`) });
  }

  /** Goes to a conversation; on a phone by way of the list of them. */
  async open(name) {
    const entry = this.conversation(name);
    const back = this.at.getByRole('button', { name: 'Back', exact: true });
    if (await back.isVisible()) await this.press(back);
    await this.press(entry);
    if (this !== this.screen.phone) return;
    // A push that comes in at this moment moves the list: who missed presses again, unless the list has gone meanwhile.
    await eventually(async () => {
      if (await entry.isVisible()) await this.press(entry, { timeout: 1000 });
      await entry.waitFor({ state: 'hidden', timeout: 1000 });
    });
  }

  /** The newest message that says all this. */
  message(...texts) {
    return new Message(this, saying(this.messages.getByRole('article'), texts).last());
  }

  /** The newest card of what is asked for, e.g. `aws role`. */
  card(what) {
    return this.message(`Access request: ${what}`);
  }

  /** The newest line that only this person sees. */
  whisper(...texts) {
    return this.message('Only visible to you', ...texts);
  }

  /** The thread that is open, which is a small client of its own. */
  get thread() {
    return new Client(this.screen, this.at.getByRole('complementary', { name: 'Thread' }), this.touch);
  }

  /** A notification of p0's that says this. */
  notification(text) {
    return this.at.getByRole('button', { name: /^Notification from p0/ }).filter({ hasText: text });
  }

  /** The open modal or confirm with this title. */
  dialog(title) {
    return new Dialog(this, this.at.getByRole('dialog', { name: title, exact: true }));
  }

  /** Uses a shortcut of the app's, beside the message box. */
  async shortcut(name) {
    await this.press(this.at.getByRole('button', { name: 'Shortcuts', exact: true }));
    await this.press(this.at.getByRole('menuitem', { name: new RegExp(`^${name}`) }));
  }

  /** Types into the message box and sends it. */
  async write(text) {
    await this.box.fill(text);
    await this.press(this.at.getByRole('button', { name: 'Send', exact: true }));
  }
}

/** Something that says things and has controls. */
class Holder {
  constructor(client, at) {
    this.client = client;
    this.at = at;
  }

  button(name) {
    return this.at.getByRole('button', { name, exact: true });
  }

  async press(name) {
    await this.client.press(this.button(name));
  }

  /**
   * Presses a button that holds an address, and answers the tab in which that opens. What is drawn anew in the instant
   * of a press is pressed once more, as a person would.
   */
  async follow(name) {
    const context = this.client.screen.page.context();
    for (let tries = 3; ; tries -= 1) {
      const opened = context.waitForEvent('page', { timeout: 5000 }).catch((error) => {
        if (tries === 1) throw error;
      });
      await this.client.press(this.at.getByRole('link', { name, exact: true }));
      const tab = await opened;
      if (tab) return new Tab(tab, this.client.touch);
    }
  }

  /**
   * Opens a select, by its placeholder or label, and picks one of its options. A menu that moved out of reach, since
   * something came in below it, is opened once more, as a person would.
   */
  async choose(select, option) {
    const chosen = this.client.at.getByRole('option', { name: option, exact: true });
    for (let tries = 4; ; tries -= 1) {
      await this.client.press(this.at.getByRole('button', { name: select }));
      try {
        await this.client.press(chosen, tries === 1 ? undefined : { timeout: 4000 });
        return;
      } catch (error) {
        if (tries === 1) throw error;
        await this.client.screen.page.keyboard.press('Escape');
      }
    }
  }

  /** Waits until all of this is said here. */
  async says(...texts) {
    await saying(this.at, texts).waitFor();
  }
}

class Message extends Holder {
  /** Presses a button and agrees to what the confirm restates. */
  async confirm(button, title) {
    await this.press(button);
    const asked = this.client.dialog(title);
    await asked.press(button);
    await asked.gone();
  }
}

class Dialog extends Holder {
  field(label) {
    return this.at.getByLabel(label);
  }

  /** Waits until it is closed. */
  async gone() {
    await this.at.waitFor({ state: 'hidden' });
  }
}
