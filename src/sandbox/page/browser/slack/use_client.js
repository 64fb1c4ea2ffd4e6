// What one client remembers, and what can be done in it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { act as tell } from '../server.js';
import { APP, channelAt, channelsOf, linesAt, newestAt } from './workspace.js';

/** The client as its parts see it. `page` is what the clients share. */
export function useClient({ name, phone, page, shown }) {
  const { slack, people } = page;
  const [wanted, setPerson] = useState(() => sessionStorage.getItem(`person ${name}`));
  const person = people.some((one) => one.id === wanted) ? wanted : people[0].id;
  // A phone begins with its list of conversations, where no place is open.
  const [at, setAt] = useState({ place: phone ? null : page.cards, tab: 'Messages', thread: null, goal: null });
  const [confirm, setConfirm] = useState(null);
  const asked = useRef(null);
  const [locked, setLocked] = useState(false);
  // What somebody has just written, or typed as a command, is answered at the end of the list.
  const [sent, setSent] = useState({ count: 0, inThread: false });
  const noteSent = (inThread) => setSent((old) => ({ count: old.count + 1, inThread: Boolean(inThread) }));
  const frame = useRef(null);

  const channels = channelsOf(slack, person, page.cards);
  const seen = at.place === null || at.place === APP || channels.some((channel) => channel.id === at.place);
  const place = seen ? at.place : phone ? null : (channels[0]?.id ?? APP);
  const lines = place === null ? [] : linesAt(slack, place, person);
  const reading = shown && !locked && place !== null && !(place === APP && at.tab === 'Home');
  const last = place === null ? undefined : newestAt(slack, place, person)?.ts;
  useEffect(() => {
    if (reading && last) page.markRead(person, place, last);
  }, [reading, person, place, last]);

  // A screen that is gone takes the focus with it: the next one has it then.
  const drawn = useRef(false);
  useEffect(() => {
    if (drawn.current && document.activeElement === document.body) frame.current.focus({ preventScroll: true });
    drawn.current = true;
  }, [place, at.tab, at.thread, locked]);

  /** Ends the question that is open, if one is: whoever waits for an answer gets one. */
  const answer = (yes) => {
    asked.current?.(yes);
    asked.current = null;
    setConfirm(null);
  };
  const become = (id) => {
    sessionStorage.setItem(`person ${name}`, id);
    setPerson(id);
    answer(false);
    setAt((old) => ({ ...old, thread: null, goal: null }));
  };
  const go = (to, { tab = 'Messages', ts = null, thread = null, quiet = false } = {}) => {
    setLocked(false);
    setAt({ place: to, tab, thread, goal: ts && { ts, quiet } });
  };
  const act = (deed) => {
    page.actedFrom(person, name);
    return tell(person, deed);
  };
  const agreed = (question) => new Promise((resolve) => {
    answer(false);
    asked.current = resolve;
    setConfirm({ question, answer });
  });
  /** Presses or chooses at a place of the stand-in's, after the confirm where there is one. */
  const performAt = (spot) => async (element, option, begin) => {
    if (element.confirm && !(await agreed(element.confirm))) return false;
    begin?.();
    const what = { place: spot, action_id: element.action_id, shown: element };
    return act(option === undefined ? { kind: 'press', ...what } : { kind: 'choose', ...what, option });
  };

  // What a story does is done by the person it names, where it happens.
  useEffect(() => {
    if (page.cue?.device !== name) return;
    if (page.cue.who && page.cue.who !== person) become(page.cue.who);
    const { place: where, ts, thread, isNew } = page.cue;
    const isPush = phone && where === APP && isNew && ts > page.readUpTo(page.cue.who, APP);
    // What has just come in lights up the locked phone.
    if (isPush) setLocked(true);
    else if (where) go(where, { ts, thread, quiet: true });
  }, [page.cue]);

  return {
    name, phone, page, shown, frame, person, become, channels, place, tab: at.tab, thread: at.thread, goal: at.goal, go,
    channel: place === null ? undefined : channelAt(slack, place, person), lines,
    openThread: (message) => setAt((old) => ({ ...old, place, thread: message && { channel: message.channel, ts: message.ts } })),
    act, performAt, confirm, modals: page.modalsFor(person, name), locked, setLocked, sent, noteSent,
  };
}
