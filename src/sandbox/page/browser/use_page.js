// What the two clients and the panes share.

import { useEffect, useRef, useState } from 'preact/hooks';
import { useCue } from './cue.js';
import { namesOf } from './slack/workspace.js';

export function usePage(state, wide) {
  const { slack, people, channel: cards } = state;
  const [read, setRead] = useState({});
  const [pane, setPane] = useState(() => (wide && state.story ? 'Story' : wide ? 'P0' : 'Slack'));
  const owners = useModalOwners(slack, wide);

  // Where people have read is theirs, whichever client they read it in.
  const markRead = (person, place, ts) => {
    const key = `${person} ${place}`;
    setRead((old) => (ts > (old[key] ?? '') ? { ...old, [key]: ts } : old));
  };
  const readUpTo = (person, place) => read[`${person} ${place}`] ?? '';

  // A tab that there is only where the window is narrow.
  const shown = wide && pane === 'Slack' ? 'P0' : pane;
  useRequestInAddress(setPane);
  return { state, wide, slack, people, cards, names: namesOf(slack), markRead, readUpTo, pane: shown, setPane, cue: useCue(state, wide), ...owners };
}

/** A modal opens in the client in which its person acted last; where it is not known, in every one of theirs. */
function useModalOwners(slack, wide) {
  const acted = useRef(new Map());
  const owners = useRef(new Map());
  const whose = useRef(new Map());
  const actedFrom = (person, client) => acted.current.set(person, client);
  const modalsFor = (person, client) => {
    whose.current.set(client, person);
    return (slack.modals[person] ?? []).filter((view) => {
      if (!owners.current.has(view.id)) owners.current.set(view.id, acted.current.get(person));
      const owner = owners.current.get(view.id);
      return !wide || owner === undefined || owner === client || whose.current.get(owner) !== person;
    });
  };
  const watched = () => [...whose.current].filter(([client]) => wide || client === 'Phone').map(([, person]) => person);
  return { actedFrom, modalsFor, watched };
}

/** An address that names a request of P0's shows it. */
function useRequestInAddress(setPane) {
  useEffect(() => {
    const follow = () => {
      if (!location.hash.startsWith('#request-')) return;
      setPane('P0');
      // Once the pane is drawn.
      setTimeout(() => {
        const request = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        request?.scrollIntoView({ block: 'center' });
        request?.focus({ preventScroll: true });
      });
    };
    // A link to the request that the address names already changes nothing, and is followed all the same.
    const pressed = ({ target }) => target.closest?.('a[href^="#request-"]')?.hash === location.hash && follow();
    follow();
    addEventListener('hashchange', follow);
    addEventListener('click', pressed);
    return () => {
      removeEventListener('hashchange', follow);
      removeEventListener('click', pressed);
    };
  }, []);
}
