// The page on which a person signs in and agrees, in one step: a button for each account, and one for No.

import { text } from 'node:stream/consumers';

import { escape, page } from './page.js';

/** Where the pages are; what follows is the interaction's id. */
export const INTERACTIONS = '/interaction/';

export function interactions(provider, accounts) {
  return async (request, response) => {
    try {
      const details = await provider.interactionDetails(request, response);
      if (request.method === 'POST') {
        const result = await decided(provider, accounts, details, new URLSearchParams(await text(request)));
        await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
      } else {
        html(response, 200, page(`Sign in for ${details.params.client_id}`, choices(accounts)));
      }
    } catch (error) {
      html(response, error.statusCode ?? 500, page(error.message, ''));
    }
  };
}

function choices(accounts) {
  const buttons = accounts.map(
    ({ subject, name = subject }) => `<button name="account" value="${escape(subject)}">${escape(name)}</button>`,
  );
  return `<form method="post">${buttons.join('')}<button name="deny" value="yes">No</button></form>`;
}

async function decided(provider, accounts, { params }, chosen) {
  if (chosen.has('deny')) return { error: 'access_denied', error_description: 'the person said no' };
  const account = accounts.find(({ subject }) => subject === chosen.get('account'));
  if (!account || account.disabled) throw Object.assign(new Error('no such account'), { statusCode: 403 });
  const grant = new provider.Grant({ accountId: account.subject, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return {
    login: { accountId: account.subject, acr: reached(account, params.acr_values) },
    consent: { grantId: await grant.save() },
  };
}

/** The first of the wanted levels that the account can reach, if any. */
function reached({ acr = [] }, wanted = '') {
  return wanted.split(' ').find((level) => acr.includes(level));
}

function html(response, status, content) {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(content);
}
