// A story: a sandbox of its own, pages on it, and at the end nothing that anybody could complain of.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { closeBrowser, openPage } from './browser.js';
import { Sandbox } from './sandbox.js';
import { Screen } from './screen.js';

/** Where screenshots are left. */
export const ARTIFACTS = fileURLToPath(new URL('../../../target/browser/', import.meta.url));

/** Longer than any story takes, in milliseconds. */
const CAP = 120_000;

after(closeBrowser);

/**
 * Tells a story; `tell` is given its `World`. `options`: `seed`, a file of `fixtures/` with other people and requests;
 * `args`, further ones of the sandbox's; `forgives`, patterns of troubles that the story brings about.
 */
export function story(name, options, tell = options) {
  const { seed, args = [], forgives = [] } = options;
  if (seed) args.push('--seed', fileURLToPath(new URL(`../fixtures/${seed}`, import.meta.url)));
  test(name, { timeout: CAP }, async (t) => {
    const world = new World(await Sandbox.start(...args), slug(name));
    t.after(() => world.close());
    try {
      await tell(world);
      await world.keepPictures();
    } catch (error) {
      await world.explain(error);
      throw error;
    }
    await world.nobodyComplains(forgives);
  });
}

/** One sandbox, and the pages that were opened on it. */
class World {
  #screens = [];
  #name;

  constructor(sandbox, name) {
    this.sandbox = sandbox;
    this.#name = name;
  }

  /** Somebody at a desk: the desktop client of a wide page, which has a phone and the panes beside it. */
  desk = async (person, options) => {
    const screen = await this.#open({ device: 'desktop', ...options });
    return screen.desktop.be(person);
  };

  /** Somebody with a phone, who looks at the cards' channel, or where `at` says, or (`null`) at nothing yet. */
  phone = async (person, { at, ...options } = {}) => {
    const screen = await this.#open({ device: 'phone', ...options });
    return screen.beside(person, { at });
  };

  async #open(options) {
    const { page, troubles } = await openPage(this.sandbox.url, options);
    const screen = new Screen(page, options.device, troubles);
    this.#screens.push(screen);
    await screen.ready();
    return screen;
  }

  /** What every page shows now, as `target/browser/STORY-DEVICE.png`. */
  async keepPictures() {
    for (const [nth, screen] of this.#screens.entries()) {
      const which = this.#screens.length > 1 ? `-${nth + 1}` : '';
      const picture = () => screen.page.screenshot({ path: `${ARTIFACTS}${this.#name}-${screen.device}${which}.png` });
      // A browser that is short of time may fail to take one.
      await picture().catch(picture);
    }
  }

  /** Adds what was to be seen to an error. */
  async explain(error) {
    await this.keepPictures().catch(() => {});
    for (const screen of this.#screens) {
      const seen = await screen.page
        .locator('body')
        .ariaSnapshot()
        .catch((lost) => lost.message);
      error.message += `\n--- ${screen.device}: ${screen.troubles.join('\n') || 'no complaints'}\n${seen}`;
    }
    error.message += `\n--- the bot's log\n${this.sandbox.log.split('\n').slice(-30).join('\n')}`;
  }

  /** Nothing went wrong on a page, and Slack took everything that the bot did. */
  async nobodyComplains(forgives) {
    const troubles = this.#screens.flatMap((screen) => screen.troubles);
    assert.deepEqual(
      troubles.filter((trouble) => !forgives.some((pattern) => pattern.test(trouble))),
      [],
    );
    assert.deepEqual(await this.sandbox.violations(), []);
  }

  async close() {
    for (const { page } of this.#screens) {
      // What a page still asks for is not waited for.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.context().close();
    }
    await this.sandbox.stop();
  }
}

/** `phone/approve.test.js: two taps` as a file's name. */
function slug(name) {
  const file = basename(process.argv[1] ?? 'story', '.test.js');
  return `${file}-${name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 80);
}
