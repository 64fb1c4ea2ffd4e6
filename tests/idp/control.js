// The door by which a test says what people do, and what has changed at their organisation. JSON in, JSON out:
//
//   POST /clients  { client_id, redirect_uris }                 where a client may be redirected to from now on
//   POST /log-in   { url, account, deny?, browser? } → { callback }   a person follows an authorization request's
//                  address to the end; where they would be redirected to is answered and not opened
//   POST /device   { user_code, account, deny? }                a person enters a device's code
//   POST /disable  { account }                                  somebody has left
//   GET  /log      → [{ request, client, account, outcome }]
//
// `account` is a subject. A `browser` with a name keeps its cookies for the next time; else everybody has a new one.
// What a person is told instead of getting there is answered as 409 { error }.

import { text } from 'node:stream/consumers';

import { Browser } from './browser.js';

export function control({ issuer, store, log, accounts }) {
  const browsers = new Map();
  const browser = (name) => {
    if (!browsers.has(name)) browsers.set(name, new Browser(issuer));
    return browsers.get(name);
  };
  const doors = {
    'GET /log': () => log.entries,
    'POST /clients': ({ client_id, redirect_uris }) => {
      const { client_secret } = store.client(client_id);
      store.register({ client_id, client_secret, redirect_uris });
    },
    'POST /disable': ({ account }) => {
      accounts.find(({ subject }) => subject === account).disabled = true;
    },
    'POST /log-in': async ({ url, account, deny, browser: name }) => {
      const person = name ? browser(name) : new Browser(issuer);
      let at = await person.open(url);
      if (!at.left) at = await person.submit(at, choice(account, deny));
      if (!at.left) throw new Error(`was not redirected: ${at.title}`);
      return { callback: at.left };
    },
    'POST /device': async ({ user_code, account, deny }) => {
      const person = new Browser(issuer);
      let at = await person.open(`${issuer}/device`);
      at = await person.submit(at, { user_code });
      if (!at.form?.hidden.confirm) throw new Error(at.title);
      at = await person.submit(at);
      at = await person.submit(at, choice(account, deny));
      return { told: at.title };
    },
  };
  return async (request, response) => {
    const answer = (status, body) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    try {
      const body = await text(request);
      const door = doors[`${request.method} ${request.url}`];
      if (!door) return answer(404, { error: 'no such door' });
      answer(200, (await door(body && JSON.parse(body))) ?? {});
    } catch (error) {
      answer(409, { error: error.message });
    }
  };
}

const choice = (account, deny) => (deny ? { deny: 'yes' } : { account });
