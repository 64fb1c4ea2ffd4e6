// Says on standard output what this machine lacks for these tests, and ends with 1; nothing and 0 where all is there.

import { findChromium } from './chromium.js';

const lacking = [];
if (Number(process.versions.node.split('.')[0]) < 20) lacking.push(`Node 20 or newer (this is ${process.version})`);
for (const name of ['playwright-core', 'axe-core']) {
  await import(name).catch(() => lacking.push(name));
}
if (!(await findChromium())) lacking.push('Chromium');
if (lacking.length) {
  console.log(lacking.join(', '));
  process.exitCode = 1;
}
