// A list of messages: it stays at its end while it is there, and else where it is.

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { html } from '../html.js';
import { arrows } from '../keys.js';
import { day, timeOf } from '../kit/dates.js';
import { Message } from './message.js';

/** How near to its end a list counts as being there, in pixels. */
const NEAR = 48;

export function Messages({ client, lines, empty, inThread = false }) {
  const list = useRef(null);
  const atEnd = useRef(true);
  const toEnd = () => {
    if (atEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  };
  useLayoutEffect(() => {
    if (client.sent.count > 0 && client.sent.inThread === inThread) atEnd.current = true;
  }, [client.sent]);
  useLayoutEffect(toEnd);
  useEffect(() => {
    const follow = new ResizeObserver(toEnd);
    follow.observe(list.current);
    return () => follow.disconnect();
  }, []);
  useGoal(list, atEnd, inThread ? null : client.goal);
  useKeptFocus(list);

  const scrolled = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
  };
  const keys = (event) => arrows(event, 'article');
  let lastDay = null;
  return html`<div class="messages" ref=${list} role="log" aria-label="Messages" aria-live="off" tabindex="0" onScroll=${scrolled} onKeyDown=${keys}>
    ${lines.length === 0 && html`<p class="empty">${empty}</p>`}
    ${lines.map((line) => {
      const today = day(timeOf(line.ts));
      const divider = today !== lastDay && !inThread;
      lastDay = today;
      return [
        divider && html`<p class="day" key=${`day ${today}`}><span>${today}</span></p>`,
        html`<${Message} key=${line.ts} line=${line} client=${client} inThread=${inThread} />`,
      ];
    })}
  </div>`;
}

/** Brings a message into sight when somebody is led to it, and the focus as well unless it is to happen quietly. */
function useGoal(list, atEnd, goal) {
  useEffect(() => {
    const message = goal && list.current.querySelector(`[data-ts="${CSS.escape(goal.ts)}"]`);
    if (!message) return;
    // Not `scrollIntoView`, which would scroll the whole page as well.
    const { top } = message.getBoundingClientRect();
    const from = list.current.getBoundingClientRect().top;
    list.current.scrollTop += top - from - 8;
    atEnd.current = list.current.scrollHeight - list.current.scrollTop - list.current.clientHeight < NEAR;
    if (!goal.quiet) message.focus({ preventScroll: true });
    message.classList.add('found');
    message.addEventListener('animationend', () => message.classList.remove('found'), { once: true });
  }, [goal]);
}

/** When a control is gone because its message was drawn anew, the focus goes to the message, not to the page. */
function useKeptFocus(list) {
  const held = useRef(null);
  useEffect(() => {
    const note = ({ target }) => {
      held.current = target.closest('article');
    };
    const leave = ({ target, relatedTarget }) => {
      if (relatedTarget && target.isConnected) held.current = null;
    };
    const node = list.current;
    node.addEventListener('focusin', note);
    node.addEventListener('focusout', leave);
    return () => {
      node.removeEventListener('focusin', note);
      node.removeEventListener('focusout', leave);
    };
  }, []);
  useLayoutEffect(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (lost && held.current) (held.current.isConnected ? held.current : list.current).focus({ preventScroll: true });
  });
}
