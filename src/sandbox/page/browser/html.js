// Templates of the page: `html` makes Preact's nodes of them, without a build step.

import { h } from 'preact';
import htm from 'htm';

export const html = htm.bind(h);

/** Class names of those that hold. */
export const classes = (...names) => names.filter(Boolean).join(' ');
