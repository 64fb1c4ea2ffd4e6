// How the provider is set up: as organisations do it whose approvers' tokens P0 takes.
//
// Settings, all of them needed:
//   clients        [{ client_id, client_secret?, redirect_uris }]: with a secret, a web client that uses authorization
//                  codes; without, a public one that uses the device flow
//   accounts       [{ subject, email?, email_verified?, name?, acr? }]; `acr`: what a sign-in of theirs can reach
//   lifetimes      { access_token, id_token, refresh_token, device_code } in seconds
//   access_tokens  "jwt" or "opaque"
//   audience       whom a JWT access token is for

import { createPrivateKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { INTERACTIONS } from './interactions.js';
import { page } from './page.js';

export function configuration({ accounts, lifetimes, access_tokens, audience }, store) {
  const forever = 24 * 60 * 60;
  const account = (subject) => accounts.find((account) => account.subject === subject && !account.disabled);
  return {
    adapter: store.adapter,
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    scopes: ['openid', 'offline_access', 'email', 'profile'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    acrValues: [...new Set(accounts.flatMap(({ acr = [] }) => acr))],
    // E-mail stands in the ID token, as with the providers that people have, and not only at `userinfo`.
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: lifetimes.access_token,
      IdToken: lifetimes.id_token,
      RefreshToken: lifetimes.refresh_token,
      DeviceCode: lifetimes.device_code,
      AuthorizationCode: 60,
      Interaction: 600,
      Session: forever,
      Grant: forever,
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => (access_tokens === 'jwt' ? audience : undefined),
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience,
          scope: '',
          accessTokenTTL: lifetimes.access_token,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form, _, error) => {
          const button = '<button type="submit" form="op.deviceInputForm">Continue</button>';
          ctx.body = page(error ? `Not with this code: ${error.message}` : 'Enter the code', form + button);
        },
        userCodeConfirmSource: (ctx, form, client, _, code) => {
          const button = '<button type="submit" form="op.deviceConfirmForm">Continue</button>';
          ctx.body = page(`${client.clientId} shows ${code}?`, form + button);
        },
        successSource: (ctx) => {
          ctx.body = page('Signed in', '');
        },
      },
    },
    interactions: { url: (_, { uid }) => INTERACTIONS + uid },
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'html';
      ctx.body = page(`${error}: ${description}`, '');
    },
    extraTokenClaims: (_, token) => ({ email: account(token.accountId)?.email }),
    // Asked at every sign-in, and again whenever a token is asked for.
    findAccount: (_, subject) => {
      const found = account(subject);
      if (!found) return undefined;
      const { email, email_verified, name } = found;
      return { accountId: subject, claims: () => ({ sub: subject, email, email_verified, name }) };
    },
  };
}

/** The tests' own key: to make one takes longer than most stories. */
function signingKey() {
  const pem = readFileSync(new URL('../it/keys/rsa.pem', import.meta.url));
  return { ...createPrivateKey(pem).export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256', use: 'sig' };
}
