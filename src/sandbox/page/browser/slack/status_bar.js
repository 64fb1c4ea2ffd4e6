// The bar at the top of the phone's screen.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { html } from '../html.js';
import { clock } from '../kit/dates.js';

export function StatusBar({ client }) {
  const now = useNow(client.page);
  const { locked, setLocked } = client;
  return html`<div class="statusbar">
    <span aria-hidden="true">${clock(now)}</span>
    ${!locked && html`<button type="button" class="tool" onClick=${() => setLocked(true)}>Lock</button>`}
  </div>`;
}

/** The time on the stage, which may be ahead of this machine's, told anew every few seconds. */
export function useNow({ slack }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 5000);
    return () => clearInterval(timer);
  }, []);
  const ahead = useMemo(() => Date.parse(slack.now) - Date.now(), [slack.now]);
  return new Date(Date.now() + ahead);
}
