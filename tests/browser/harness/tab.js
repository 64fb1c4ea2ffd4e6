// Another tab: a page of the bot's, of Slack's or of the provider's, to which a link in Slack leads.

import { saying } from './client.js';

export class Tab {
  constructor(page, touch) {
    this.page = page;
    this.touch = touch;
  }

  /** Waits until the page with this heading is there, and says all of `texts`. */
  async shows(heading, ...texts) {
    await this.page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    await saying(this.page.locator('body'), texts).waitFor();
  }

  /** Presses a button, by the beginning of what it says. */
  async press(name) {
    const button = this.page.getByRole('button', { name: new RegExp(`^${name}`) });
    await (this.touch ? button.tap() : button.click());
  }

  /** From the bot's page to Slack's, and from there to the provider's. */
  async signInWithSlack(name) {
    await this.shows('Link your account');
    await this.press('Continue with Slack');
    await this.shows('Sign in to acme');
    await this.press(name);
  }

  /** The whole way, for somebody whose account is their own. */
  async link(name) {
    await this.signInWithSlack(name);
    await this.shows('Sign in');
    await this.press(name);
    await this.shows('Your account is linked');
  }
}
