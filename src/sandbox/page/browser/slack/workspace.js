// The stand-in's workspace as one person sees it.

/** The place of the app: its Home, and the direct message with it. */
export const APP = 'app';

/** What people, channels and groups are called. */
export function namesOf(slack) {
  const person = (id) => slack.people.find((person) => person.id === id)?.real_name ?? id;
  return {
    person: (id) => (id === slack.bot.user_id ? 'p0' : person(id)),
    channel: (id) => slack.channels.find((channel) => channel.id === id)?.name ?? id,
    group: (id) => slack.usergroups?.find((group) => group.id === id)?.handle ?? id,
  };
}

/** The person's direct message with the bot, where it was ever opened. */
export const dmOf = (slack, person) => slack.channels.find((channel) => channel.im_with === person);

/** The channels that the person is in; the one with the cards comes first. */
export function channelsOf(slack, person, cards) {
  const joined = slack.channels.filter((channel) => !channel.im_with && channel.members.includes(person));
  return joined.sort((a, b) => (b.id === cards) - (a.id === cards));
}

/** The channel behind a place, if the person can see it. */
export function channelAt(slack, place, person) {
  if (place === APP) return dmOf(slack, person);
  return slack.channels.find((channel) => channel.id === place && channel.members.includes(person));
}

/** What stands at a place for a person, in order, with the lines that only they see; of answers in threads only what is shown there as well. */
export function linesAt(slack, place, person) {
  const channel = channelAt(slack, place, person);
  const messages = channel ? slack.messages.filter((message) => message.channel === channel.id && (!inThread(message) || message.is_broadcast)) : [];
  // Some of Slack's own complaints stand nowhere in particular.
  const here = (line) => line.channel === '' || line.channel === channel?.id;
  const whispers = whispersTo(slack, person).filter((line) => here(line) && !inThread(line));
  return [...messages, ...whispers].sort(byTime);
}

const byTime = (a, b) => a.ts.localeCompare(b.ts);

const whispersTo = (slack, person) => slack.ephemerals.filter((line) => line.user === person).map((line) => ({ ...line, whispered: true }));

const inThread = (message) => message.thread_ts && message.thread_ts !== message.ts;

/** The answers to a message as a person sees them, oldest first. */
export function repliesTo(slack, { channel, ts }, person) {
  const isReply = (line) => line.channel === channel && line.thread_ts === ts && line.ts !== ts;
  return [...slack.messages, ...whispersTo(slack, person)].filter(isReply).sort(byTime);
}

/** The newest of all that stands at a place, answers in threads among it. */
export function newestAt(slack, place, person) {
  const channel = channelAt(slack, place, person);
  const answers = slack.messages.filter((message) => message.channel === channel?.id && inThread(message));
  return [...linesAt(slack, place, person), ...answers].sort(byTime).at(-1);
}

/** How many lines at a place are newer than what the person has read. */
export function unreadAt(slack, place, person, readUpTo) {
  return linesAt(slack, place, person).filter((line) => line.ts > readUpTo && (line.whispered || line.user !== person)).length;
}

/** What a phone would be told of: direct messages of the bot, and messages that name the person; newest last. */
export function pushesTo(slack, person, readUpTo) {
  const dm = dmOf(slack, person)?.id;
  return slack.messages.filter((message) => {
    if (message.user === person) return false;
    if (message.channel === dm) return message.ts > readUpTo(APP);
    const member = slack.channels.find((channel) => channel.id === message.channel)?.members.includes(person);
    // An edit that names somebody does not push.
    return member && !message.edited && message.text.includes(`<@${person}>`) && message.ts > readUpTo(message.channel);
  });
}

/** The place where a message stands. */
export const placeOf = (slack, message) =>
  slack.channels.find((channel) => channel.id === message.channel)?.im_with ? APP : message.channel;

/** How a client goes to a message: to one in a thread by the message that began it. */
export const wayTo = ({ channel, ts, thread_ts: root, ...message }) =>
  inThread({ ts, thread_ts: root, ...message }) ? { ts: root, thread: { channel, ts: root } } : { ts };

/** Who wrote a line, for its byline. */
export function authorOf(slack, names, line) {
  if (line.from_slack) return { name: 'Slackbot', isApp: true, id: 'SLACKBOT' };
  const isApp = line.whispered || line.user === slack.bot.user_id;
  return { name: isApp ? 'p0' : names.person(line.user), isApp, id: isApp ? slack.bot.user_id : line.user };
}
