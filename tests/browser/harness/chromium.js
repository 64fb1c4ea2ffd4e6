// Where the browser is.

import { access } from 'node:fs/promises';

/** Where Debian, Ubuntu and others put it. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The program that `P0CHATOPS_TEST_CHROMIUM` names, or the first that is there; nothing where there is none. */
export async function findChromium() {
  const named = process.env.P0CHATOPS_TEST_CHROMIUM;
  for (const place of named ? [named] : PLACES) {
    if (
      await access(place).then(
        () => true,
        () => false,
      )
    )
      return place;
  }
  return undefined;
}
