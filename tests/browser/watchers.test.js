// The suite's own watchers are awake: what a page must not do is seen.

import assert from 'node:assert/strict';

import { accessible, forThumbs, withoutScrollingSideways } from './harness/accessibility.js';
import { story } from './harness/story.js';

story('whatever goes wrong on a page is told', { forgives: [/./] }, async ({ desk }) => {
  const { page, troubles } = (await desk('Alice')).screen;
  await page.evaluate(() => {
    new Image().src = 'https://outside.example/picture.png';
    console.error('a complaint');
    setTimeout(() => {
      throw new Error('a mishap');
    });
    return fetch('nothing-here');
  });
  await page.goto('http://outside.example/').catch(() => {});
  for (const seen of [
    /Content Security Policy/,
    /a complaint/,
    /a mishap/,
    /404/,
    /^asks for http:\/\/outside\.example\//,
  ]) {
    assert.ok(
      troubles.some((trouble) => seen.test(trouble)),
      `${seen}: ${troubles.join('\n')}`,
    );
  }
});

story('a page that is not for everybody is told', async ({ phone }) => {
  const alice = await phone('Alice');
  const { page } = alice.screen;
  await page.evaluate(() => {
    const button = document.createElement('button');
    button.style = 'position: absolute; width: 20px; height: 20px; left: 2000px';
    document.querySelector('[aria-label=Phone]').append(button);
  });
  await assert.rejects(accessible(page), /button-name/);
  await assert.rejects(forThumbs(alice.at), /20×20/);
  await assert.rejects(withoutScrollingSideways(page), /in a window of 390 px/);
});
