// A face: the app's own mark, or a letter in a colour of its own.

import { html, classes } from '../html.js';

const COLOURS = 6;

export const Avatar = ({ author }) => html`<span class=${classes('avatar', author.isApp ? 'app' : `colour-${colourOf(author.id)}`)} aria-hidden="true">
  ${author.isApp ? 'p0' : author.name.slice(0, 1)}
</span>`;

const colourOf = (id) => [...id].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % COLOURS;
