// Where the provider keeps what it issues, by its adapter's contract: in memory, and without the bound of its own memory
// adapter, which forgets the oldest.

import { errors } from 'oidc-provider';

export class Store {
  #models = new Map();

  constructor(clients) {
    for (const client of clients) this.register(client);
  }

  /** Takes the place of a client of this id. */
  register({ client_id, client_secret, redirect_uris }) {
    const common = { client_id, redirect_uris, id_token_signed_response_alg: 'RS256' };
    const kind = client_secret
      ? { client_secret, application_type: 'web', grant_types: ['authorization_code', 'refresh_token'] }
      : {
          token_endpoint_auth_method: 'none',
          application_type: 'native',
          response_types: [],
          grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        };
    this.#model('Client').set(client_id, { ...common, ...kind });
  }

  client(id) {
    return this.#model('Client').get(id);
  }

  get adapter() {
    return (name) => {
      const records = this.#model(name);
      const where = (key, value) => [...records.values()].find((record) => record[key] === value);
      return {
        upsert: async (id, record) => void records.set(id, record),
        find: async (id) => records.get(id),
        findByUid: async (uid) => where('uid', uid),
        findByUserCode: async (code) => where('userCode', code),
        destroy: async (id) => void records.delete(id),
        revokeByGrantId: async (grant) => this.#revoke(grant),
        consume: async (id) => this.#consume(records.get(id)),
      };
    };
  }

  /** Of two that use one record at the same time, the provider would let both pass; here the later one is a reuse. */
  #consume(record) {
    if (!record || record.consumed) {
      if (record) this.#revoke(record.grantId);
      throw new errors.InvalidGrant('used twice at the same time');
    }
    record.consumed = Math.floor(Date.now() / 1000);
  }

  #revoke(grant) {
    for (const records of this.#models.values()) {
      for (const [id, record] of records) if (record.grantId === grant) records.delete(id);
    }
    this.#model('Grant').delete(grant);
  }

  #model(name) {
    return this.#models.get(name) ?? this.#models.set(name, new Map()).get(name);
  }
}
