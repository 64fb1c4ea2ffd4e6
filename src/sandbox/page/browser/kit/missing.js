// What the page cannot draw.

import { html } from '../html.js';

/** A kind that the page does not know: it says so rather than hiding it. */
export const NotDrawn = ({ thing }) => html`<span class="missing">(${thing?.type ?? 'no type'}: the sandbox does not draw it)</span>`;
