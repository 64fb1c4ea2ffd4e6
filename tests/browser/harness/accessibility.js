// axe-core in the page, and what it does not measure.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const axe = createRequire(import.meta.url)('axe-core');

/** Fingers need this much, in CSS pixels. */
const TARGET = 44;

/** Nothing that axe calls serious or critical. What lies behind a dialog is out of reach, and dimmed. */
export async function accessible(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ exclude: ['[inert]'] }, { resultTypes: ['violations'] }),
  );
  const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
  assert.deepEqual(
    grave.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
    ),
    [],
  );
}

/** Whatever can be pressed in here is large enough for a thumb. Links within a sentence are as high as their line. */
export async function forThumbs(locator) {
  const controls = locator
    .locator('button, a[href], select, input, textarea, summary, [role=tab], [role=option], [role=menuitem]')
    .and(locator.page().locator(':visible'));
  const small = await controls.evaluateAll((nodes, least) => {
    const target = (node) => (['radio', 'checkbox'].includes(node.type) && node.closest('label')) || node;
    const inline = (node) => node.matches('a') && getComputedStyle(node).display === 'inline';
    const size = (node) => target(node).getBoundingClientRect();
    return nodes
      .filter((node) => !inline(node) && (size(node).width < least || size(node).height < least))
      .map(
        (node) => `${Math.round(size(node).width)}×${Math.round(size(node).height)} ${node.outerHTML.slice(0, 120)}`,
      );
  }, TARGET - 0.5);
  assert.deepEqual(small, []);
}

/** The page is not wider than its window; not the one that a phone tells of, which shrinks the page to fit. */
export async function withoutScrollingSideways(page) {
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  const { width } = page.viewportSize();
  assert.ok(wide <= width, `${wide} px in a window of ${width} px`);
}
