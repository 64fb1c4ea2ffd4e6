// The built program, run as `p0-chatops sandbox`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BINARY =
  process.env.P0CHATOPS_BINARY ?? fileURLToPath(new URL('../../../target/debug/p0-chatops', import.meta.url));

/** How long anything may take that is not a story's own fault, in milliseconds. */
export const PATIENCE = 30_000;

/** Whatever still runs when the stories end, ends with them. */
const started = new Set();
process.once('exit', () => started.forEach((program) => program.kill('SIGKILL')));

/** One sandbox, and what its page would be told. */
export class Sandbox {
  #program;
  #log = '';
  #violations = [];

  /** Starts it with these further arguments, and waits for its address. */
  static async start(...options) {
    const sandbox = new Sandbox();
    sandbox.#program = spawn(BINARY, ['sandbox', '--port', '0', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    started.add(sandbox.#program);
    sandbox.#program.once('exit', () => started.delete(sandbox.#program));
    sandbox.#program.stderr.on('data', (text) => (sandbox.#log += text));
    sandbox.url = await sandbox.#announced();
    return sandbox;
  }

  /** The first address on standard output, which ends at white space. What it says after that is read as well. */
  #announced() {
    return new Promise((resolve, reject) => {
      let told = '';
      this.#program.stdout.on('data', (text) => {
        told += text;
        const [, url] = /(http:\S+)\s/.exec(told) ?? [];
        if (url) resolve(url);
      });
      this.#program.once('error', reject);
      this.#program.once('exit', () => reject(new Error(`the sandbox told no address: ${told}${this.#log}`)));
    });
  }

  /** What the bot wrote to its log so far. */
  get log() {
    return this.#log;
  }

  /** Everything that there is to see, as the page gets it. */
  async state() {
    const response = await fetch(`${this.url}state`);
    return response.json();
  }

  /** What P0 was told, the oldest first: `approve 2h as alice@example.com`, with ` (409)` where it refused. */
  async calls() {
    const { p0 } = await this.state();
    return p0.calls.filter((call) => call.request_id).map(callInBrief);
  }

  /** What P0 was told of its settings, the oldest first: `PUT max-access-duration 2d`, with ` (400)` where it refused. */
  async settingsCalls() {
    const { p0 } = await this.state();
    return p0.calls.filter((call) => call.verb === 'settings').map(changeInBrief);
  }

  /** What P0 calls the lengths that it has, and the longest grant behind them. */
  async settings() {
    const { p0 } = await this.state();
    const { options, maxAccessDuration } = p0.settings;
    return [...options, maxAccessDuration].map(({ value }) => value);
  }

  /** What the bot has on disk of decisions, the newest first, by the columns' names. */
  async decisions() {
    const { disk } = await this.state();
    const { columns, rows } = disk.tables.find((table) => table.name === 'decisions');
    return rows.map((row) => Object.fromEntries(columns.map((column, nth) => [column, row[nth]])));
  }

  /** The id of the first request of a type, e.g. `aws`. */
  async requestOf(type) {
    const { p0 } = await this.state();
    return p0.requests.find((request) => request.type === type).requestId;
  }

  /** What Slack would not have taken from the bot, up to now or to the sandbox's end. */
  async violations() {
    if (!this.#ended) this.#violations = (await this.state()).slack.violations;
    return this.#violations;
  }

  /** Somebody asks for something. */
  async anotherRequest() {
    await this.#post('request', {});
  }

  /** Switches faults, e.g. `{ p0: 'slow' }`. */
  async fault(faults) {
    await this.#post('fault', faults);
  }

  async #post(path, body) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }

  get #ended() {
    return this.#program.exitCode !== null || this.#program.signalCode !== null;
  }

  /** Ends it as Ctrl-C would. */
  async stop() {
    if (this.#ended) return;
    await this.violations();
    const ended = once(this.#program, 'exit');
    this.#program.kill('SIGINT');
    const forced = setTimeout(() => this.#program.kill('SIGKILL'), PATIENCE);
    await ended;
    clearTimeout(forced);
  }
}

function callInBrief({ verb, identity, body, effect, status }) {
  const length = body?.expirationLength ? ` ${body.expirationLength}` : '';
  const took = effect ? '' : ` (${status ?? 'no answer'})`;
  return `${verb}${length} as ${identity ?? 'nobody'}${took}`;
}

function changeInBrief({ method, path, body, effect, status }) {
  const length = body ? ` ${body.time}${body.unit}` : '';
  const took = effect ? '' : ` (${status ?? 'no answer'})`;
  return `${method} ${path.split('/settings/')[1]}${length}${took}`;
}

/** Asks `look` again and again until it throws nothing; what it throws in the end is told. */
export async function eventually(look) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await delay(50);
  }
}
