// What the sandbox says, and what it is told.

import { useEffect, useState } from 'preact/hooks';
import { nothingPressed } from './press.js';

/** Sends JSON; resolves to the answer, which holds `error`, and the HTTP status as `code`, where it could not be done. */
export async function post(where, body) {
  let response;
  try {
    response = await fetch(where, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  } catch {
    return { error: 'the sandbox does not answer' };
  }
  const text = await response.text().catch(() => '');
  if (!response.ok) return { code: response.status, error: errorIn(text) ?? `the sandbox answered ${response.status}` };
  return text ? JSON.parse(text) : {};
}

function errorIn(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return text || undefined;
  }
}

/** The status with which the sandbox tells that the bot was not reached. */
const NOT_REACHED = 502;

/** Does something as a person; resolves to what Slack would complain of, or to null. */
export async function act(person, deed) {
  const { error, code, status } = await post('act', { person, ...deed });
  if (code === NOT_REACHED) return 'This app did not respond.';
  if (error) return error;
  const answered = status === null || status === undefined || (status >= 200 && status <= 299);
  return answered ? null : `This app did not respond (${status}).`;
}

/** The state as it is now, and whether the sandbox was lost. It asks again whenever it is told of a change. */
export function useServer() {
  const [server, setServer] = useState({ state: null, lost: false });
  useEffect(() => {
    const lost = () => setServer((old) => ({ ...old, lost: true }));
    const refresh = oneAtATime(async () => {
      const response = await fetch('state');
      if (!response.ok) return lost();
      const state = await response.json();
      await nothingPressed();
      setServer({ state, lost: false });
    }, lost);
    const events = new EventSource('events');
    events.addEventListener('message', refresh);
    events.addEventListener('error', lost);
    return () => events.close();
  }, []);
  return server;
}

/** Changes that arrive while a question is under way are one more question. */
function oneAtATime(ask, failed) {
  let asking = false;
  let again = false;
  return async () => {
    again = true;
    if (asking) return;
    asking = true;
    while (again) {
      again = false;
      await ask().catch(failed);
    }
    asking = false;
  };
}
