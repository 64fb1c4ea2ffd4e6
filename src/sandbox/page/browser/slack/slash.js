// What Slack offers when somebody begins a slash command. Each is told as the bot's own help begins to tell it.

const VERBS = [
  ['pending', '', 'what waits for a decision'],
  ['approve', 'ID 2h', 'grant it for so long'],
  ['deny', 'ID because…', 'refuse it'],
  ['revoke', 'ID', 'take it back'],
  ['show', 'ID', 'get its card in a direct message'],
  ['whoami', '', 'who you are to P0'],
  ['away', 'until Friday, @carol', 'who is told in your place'],
  ['link', '', 'link your own account'],
  ['settings', '', 'which lengths P0 offers'],
  ['help', '', 'what you can do'],
];

/** The commands that begin with what was typed; none once the words go on behind the verb. */
export function offered(command, text) {
  if (!text.startsWith('/')) return [];
  return VERBS.filter(([verb]) => `${command} ${verb}`.startsWith(text.trimEnd()) || text === `${command} `).map(([verb, rest, about]) => ({
    usage: `${command} ${verb} ${rest}`.trim(), about, fill: `${command} ${verb}${rest ? ' ' : ''}`, needsMore: rest !== '',
  }));
}
