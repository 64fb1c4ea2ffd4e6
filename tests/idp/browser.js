// As much of a browser as the provider's pages need: cookies, redirects, forms.

export class Browser {
  #cookies = new Map();
  #origin;

  constructor(origin) {
    this.#origin = origin;
  }

  /** Opens an address. Answers a page, or where another site's was redirected to, which is not opened: `{ left }`. */
  async open(url, form) {
    for (let hops = 0; hops < 10; hops += 1) {
      const response = await fetch(url, {
        method: form ? 'POST' : 'GET',
        body: form,
        redirect: 'manual',
        headers: { accept: 'text/html', cookie: this.#cookiesFor(url) },
      });
      for (const cookie of response.headers.getSetCookie()) this.#keep(cookie, url);
      const location = response.headers.get('location');
      if (!location) return this.#page(url, response.status, await response.text());
      [url, form] = [new URL(location, url), undefined];
      if (url.origin !== this.#origin) return { left: url.href };
    }
    throw new Error(`too many redirects: ${url}`);
  }

  #page(url, status, text) {
    const title = unescape(/<title>(.*?)<\/title>/s.exec(text)?.[1] ?? text);
    if (status >= 400) throw new Error(`${status} ${title}`);
    return { url, title, form: formOf(text) };
  }

  /** Sends a page's form, with these fields beside the hidden ones. */
  async submit({ url, title, form }, fields = {}) {
    if (!form) throw new Error(`no form on this page: ${title}`);
    return this.open(new URL(form.action || url, url), new URLSearchParams({ ...form.hidden, ...fields }));
  }

  #keep(cookie, url) {
    const [pair, ...attributes] = cookie.split('; ');
    const [name, value] = pair.split(/=(.*)/s);
    const attribute = (wanted) =>
      attributes.map((text) => text.split('=')).find(([name]) => name.toLowerCase() === wanted)?.[1];
    const path = attribute('path') ?? new URL(url).pathname;
    const key = `${name} ${path}`;
    const gone = !value || new Date(attribute('expires') ?? 8.64e15) <= new Date();
    if (gone) this.#cookies.delete(key);
    else this.#cookies.set(key, { name, value, path });
  }

  #cookiesFor(url) {
    const { pathname } = new URL(url);
    const sent = [...this.#cookies.values()].filter(({ path }) => pathname.startsWith(path));
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }
}

function formOf(text) {
  const form = /<form[^>]*>/.exec(text)?.[0];
  if (!form) return undefined;
  const attribute = (tag, name) => unescape(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
  const inputs = [...text.matchAll(/<input[^>]*>/gs)].map(([tag]) => tag);
  const hidden = inputs.filter((tag) => attribute(tag, 'type') === 'hidden');
  return {
    action: attribute(form, 'action'),
    hidden: Object.fromEntries(hidden.map((tag) => [attribute(tag, 'name'), attribute(tag, 'value')])),
  };
}

function unescape(text) {
  const names = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d+)|(\w+));/g, (all, code, name) =>
    code ? String.fromCharCode(code) : (names[name] ?? all),
  );
}
