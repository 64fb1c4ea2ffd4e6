// A page of the sandbox, as people use it: Slack's clients, and what is behind the scenes.

import { Client, saying } from './client.js';

export class Screen {
  constructor(page, device, troubles) {
    this.page = page;
    this.device = device;
    this.troubles = troubles;
    /** The phone, which on a phone is the whole page. */
    this.phone = new Client(
      this,
      page.getByRole('region', { name: 'Phone', exact: true }),
      ['phone', 'narrow'].includes(device),
    );
    /** The desktop client; only a wide page has one. */
    this.desktop = new Client(this, page.getByRole('region', { name: 'Desktop', exact: true }), false);
    this.p0 = new P0Pane(this);
    this.onCall = new OnCallPane(this);
    this.disk = new DiskPane(this);
    this.faults = new FaultsPane(this);
    this.story = new StoryPane(this);
  }

  /** Until the first state was drawn. */
  async ready() {
    await this.phone.person.locator('option').first().waitFor({ state: 'attached' });
  }

  /** Somebody with the phone, who has opened this conversation, or (`null`) none. */
  async beside(person, { at = '#access-requests' } = {}) {
    await this.phone.be(person);
    if (at) await this.phone.open(at);
    return this.phone;
  }

  /** Opens what is behind the scenes, or on a narrow page `Slack`. */
  async open(name) {
    const tab = this.page.getByRole('tablist', { name: 'Behind the scenes' }).getByRole('tab', { name });
    if ((await tab.getAttribute('aria-selected')) !== 'true') await this.phone.press(tab);
    return this.page.getByRole('tabpanel', { name });
  }

  /** Back to Slack, on a narrow page. */
  async slack() {
    if (this.device !== 'desktop') await this.open('Slack');
  }
}

/** Something behind the scenes. On a narrow page it takes Slack's place for as long as it is looked at. */
class Pane {
  constructor(screen, name) {
    this.screen = screen;
    this.name = name;
  }

  /** Opens it, does something in it, and goes back to Slack. */
  async look(act) {
    const seen = await act(await this.screen.open(this.name));
    await this.screen.slack();
    return seen;
  }

  press(locator) {
    return this.screen.phone.press(locator);
  }
}

class P0Pane extends Pane {
  constructor(screen) {
    super(screen, 'P0');
  }

  /** A call of the bot that says all this. */
  heard(...texts) {
    return this.look((pane) =>
      saying(pane.getByRole('list', { name: /^Calls of the bot/ }).getByRole('listitem'), texts)
        .first()
        .waitFor(),
    );
  }

  /** How P0 takes changes of its settings from now on, by its words. */
  takesChanges(what) {
    return this.look(async (pane) => {
      const way = pane.getByRole('radiogroup', { name: 'How P0 takes changes' }).getByRole('radio', { name: what });
      if (!(await way.isVisible())) await this.press(pane.getByText('Settings', { exact: true }));
      await this.press(way);
      await way.and(pane.locator(':checked')).waitFor();
    });
  }

  /** Opens why the newest request for something goes by its rule, which begins so, and looks at it. */
  rule(what, begins, act) {
    return this.look(async (pane) => {
      const request = pane.getByRole('listitem').filter({ has: this.screen.page.getByText(what, { exact: true }) }).first();
      await this.press(request.getByText(begins));
      await act({ says: (...texts) => saying(request, texts).waitFor() });
    });
  }

  /** Somebody asks for something. */
  anotherRequest() {
    return this.look((pane) => this.press(pane.getByRole('button', { name: 'Another request' })));
  }
}

class OnCallPane extends Pane {
  constructor(screen) {
    super(screen, 'On call');
  }

  /** Somebody is on call on a level from now on. */
  put(level, name) {
    return this.look((pane) => pane.getByRole('combobox', { name: `Level ${level}` }).selectOption(name));
  }

  /** What is wrong with PagerDuty from now on, by its words. */
  breaks(how) {
    return this.look(async (pane) => {
      const way = pane.getByRole('radiogroup', { name: 'PagerDuty' }).getByRole('radio', { name: how });
      await this.press(way);
      await way.and(pane.locator(':checked')).waitFor();
    });
  }

  /** Time passes at once. */
  passes(time) {
    return this.look((pane) => this.press(pane.getByRole('button', { name: time, exact: true })));
  }
}

class DiskPane extends Pane {
  constructor(screen) {
    super(screen, 'Disk');
  }

  /** A row of a table that says all this. */
  holds(...texts) {
    return this.look((pane) => saying(pane.getByRole('row'), texts).first().waitFor());
  }
}

class FaultsPane extends Pane {
  constructor(screen) {
    super(screen, 'Faults');
  }

  /** What `P0` or `Slack` does from now on, by its words. */
  choose(whose, what) {
    return this.#check((pane) => pane.getByRole('radiogroup', { name: whose }).getByRole('radio', { name: what }));
  }

  shareTheChannel() {
    return this.#check((pane) => pane.getByRole('checkbox', { name: 'The channel is shared with another company' }));
  }

  /** It is the sandbox that says whether it is checked. */
  #check(find) {
    return this.look(async (pane) => {
      await this.press(find(pane));
      await find(pane).and(pane.locator(':checked')).waitFor();
    });
  }

  killTheBot() {
    return this.#bot('Kill the bot', 'Start the bot');
  }

  startTheBot() {
    return this.#bot('Start the bot', 'Kill the bot');
  }

  /** Presses the one button, until the other can be pressed. */
  #bot(button, then) {
    return this.look(async (pane) => {
      await this.press(pane.getByRole('button', { name: button }));
      await pane.getByRole('button', { name: then, disabled: false }).waitFor();
    });
  }
}

class StoryPane extends Pane {
  constructor(screen) {
    super(screen, 'Story');
  }

  /** What can be told. */
  titles() {
    return this.look(async (pane) => {
      const titles = pane.getByRole('listitem').getByRole('button');
      await titles.first().waitFor();
      return titles.allInnerTexts();
    });
  }

  start(title) {
    return this.look(async (pane) => {
      await this.press(pane.getByRole('button', { name: title, exact: true }));
      await pane.getByRole('button', { name: 'Leave', exact: true }).waitFor();
    });
  }

  leave() {
    return this.look((pane) => this.press(pane.getByRole('button', { name: 'Leave', exact: true })));
  }

  /** Presses “Next step” until every step is done. */
  stepToTheEnd() {
    return this.look(async (pane) => {
      const next = pane.getByRole('button', { name: 'Next step', disabled: false });
      for (const step of await pane.getByRole('listitem').all()) {
        await this.press(next);
        await step
          .filter({ hasText: /^Done: / })
          .and(pane.locator('[aria-current=step]'))
          .waitFor();
      }
    });
  }
}
