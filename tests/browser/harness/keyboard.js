// A person who has no mouse.

/** More stops than any page has. */
const MOST_STOPS = 150;

export class Keyboard {
  constructor(page) {
    this.page = page;
  }

  /** Presses keys, one after the other. */
  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  type(text) {
    return this.page.keyboard.type(text);
  }

  /** Goes on with Tab (or another key) until the focus is on this. */
  async reach(locator, key = 'Tab') {
    await locator.waitFor();
    for (let stops = 0; stops < MOST_STOPS; stops += 1) {
      if (await focused(locator)) return;
      await this.press(key);
    }
    throw new Error(`${key} does not lead to ${locator}`);
  }

  /** Waits until the focus is on this, without a key. */
  async at(locator) {
    await locator.and(this.page.locator(':focus')).waitFor();
  }
}

const focused = (locator) => locator.evaluate((node) => node === document.activeElement);
