// What was asked of the token and revocation endpoints, and what came of it; never a token.

export class Log {
  entries = [];

  constructor(provider) {
    provider.on('grant.success', (ctx) => this.#note(ctx, ctx.oidc.params.grant_type, 'given'));
    provider.on('grant.error', (ctx, error) => this.#note(ctx, ctx.oidc.params?.grant_type, inBrief(error)));
    provider.on('revocation.error', (ctx, error) => this.#note(ctx, 'revocation', inBrief(error)));
    provider.use(async (ctx, next) => {
      await next();
      if (ctx.oidc?.route === 'revocation' && ctx.status === 200) this.#note(ctx, 'revocation', 'revoked');
    });
  }

  #note({ oidc }, request, outcome) {
    const { Client, Account, RefreshToken, AuthorizationCode, DeviceCode } = oidc.entities;
    const source = RefreshToken ?? AuthorizationCode ?? DeviceCode;
    this.entries.push({
      request: request ?? null,
      client: Client?.clientId ?? null,
      account: Account?.accountId ?? source?.accountId ?? null,
      outcome,
    });
  }
}

/** The detail is what the provider keeps to itself. */
function inBrief({ message, error_detail: detail }) {
  return detail ? `${message}: ${detail}` : message;
}
