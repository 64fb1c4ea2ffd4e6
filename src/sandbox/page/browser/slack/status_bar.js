// The bar at the top of the phone's screen.

import { useEffect, useState } from 'preact/hooks';
import { html } from '../html.js';
import { clock } from '../kit/dates.js';

export function StatusBar({ client }) {
  const now = useNow();
  const { locked, setLocked } = client;
  return html`<div class="statusbar">
    <span aria-hidden="true">${clock(now)}</span>
    ${!locked && html`<button type="button" class="tool" onClick=${() => setLocked(true)}>Lock</button>`}
  </div>`;
}

/** The time, told anew every few seconds. */
export function useNow() {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 5000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
