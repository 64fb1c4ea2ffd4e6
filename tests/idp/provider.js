// panva's oidc-provider as an organisation's identity provider, and a control door beside it.
//
// `node provider.js SETTINGS` (JSON; see configuration.js) prints one line, `{"issuer":…,"control":…}`, and serves until
// its standard input ends.

import { createServer } from 'node:http';
import { once } from 'node:events';
import Provider from 'oidc-provider';

import { configuration } from './configuration.js';
import { control } from './control.js';
import { interactions, INTERACTIONS } from './interactions.js';
import { Log } from './log.js';
import { Store } from './store.js';

// Standard output is for the one line; the provider's notices go where its warnings go.
console.info = console.error;

const settings = JSON.parse(process.argv[2]);
const identityProvider = createServer();
const controlDoor = createServer();
const [issuer, controlUrl] = await Promise.all([identityProvider, controlDoor].map(listen));

const store = new Store(settings.clients);
const provider = new Provider(issuer, configuration(settings, store));
const log = new Log(provider);
const pages = interactions(provider, settings.accounts);
const protocol = provider.callback();
identityProvider.on('request', (request, response) =>
  (request.url.startsWith(INTERACTIONS) ? pages : protocol)(request, response),
);
controlDoor.on('request', control({ issuer, store, log, accounts: settings.accounts }));

console.log(JSON.stringify({ issuer, control: controlUrl }));
process.stdin.resume().once('end', () => process.exit());

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}
