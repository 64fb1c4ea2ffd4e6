// By which rule a request goes and why, who was told of it, and what comes next.

import { html, classes } from '../html.js';
import { clock } from '../kit/dates.js';

/** How a rule or a condition holds, with its mark. */
const HOLDS = {
  yes: ['✓', 'holds'],
  in_part: ['◐', 'holds for some of it'],
  perhaps: ['?', 'cannot be told: it counts as if it held'],
  no: ['✗', 'does not hold'],
};

/** What happens when a timer fires, of its target where it has one. */
const TIMERS = {
  summon: 'those who are to be told are looked up',
  remind: 'is reminded',
  escalate: 'the next level is told',
  claim_lapses: 'the claim lapses',
  ends_soon: 'the end is announced',
  overdue: 'P0 should have said that it ended',
};

export function Rule({ page, watch: { rule, watch, told, timers } }) {
  const { person } = page.names;
  const channel = rule.channel && `#${page.names.channel(rule.channel)}`;
  const claim = watch?.claim;
  return html`<details class="rule">
    <summary>Goes by <b>${rule.route}</b>${rule.is_default && ', as no other rule takes it'}: ${rule.asks.risk} risk</summary>
    <h3>Why</h3>
    <ol>${rule.rules.map((one) => html`<li key=${one.name} class=${classes(one.counts && 'counts')}>
      <b>${one.name}</b> <${Held} truth=${one.truth} />
      ${one.conditions.length === 0 && html`<span class="small"> takes every request</span>`}
      <ul>${one.conditions.map((condition) => html`<li key=${condition.name}><code>${condition.name} = ${condition.wanted}</code> <${Held} truth=${condition.truth} />${' '}
        <span class="small">${condition.found === null ? 'P0 has not said' : `it is ${condition.found}`}</span></li>`)}</ul>
    </li>`)}</ol>
    <h3>Who is told</h3>
    <ul>
      ${channel && html`<li>${channel}, at once</li>`}
      ${rule.levels.filter(({ level, who }) => level > 0 || who.length > 0).map(({ level, after, who }) => html`<li key=${level}>
        ${who.map((one) => named(one, page.names)).join(', ') || 'the next levels of who is on call'}, ${after === 0 ? 'at once' : `after ${spell(after)} without a decision`}</li>`)}
      ${rule.fallback.length > 0 && html`<li>${rule.fallback.map((one) => named(one, page.names)).join(', ')}, where nobody else is there</li>`}
      ${rule.remind_after !== null && html`<li>who did nothing is reminded after ${spell(rule.remind_after)}</li>`}
    </ul>
    <h3>So far</h3>
    <ul>
      ${told.length === 0 && html`<li>Nobody was told by name.</li>`}
      ${told.map((one) => html`<li key=${one.person}>${person(one.person)} was told at ${clock(new Date(one.at))} (${one.why})${one.reminded > 0 && `, reminded ${one.reminded === 1 ? 'once' : `${one.reminded} times`}`}${one.stirred && ', and did something'}</li>`)}
      ${claim && html`<li>${person(claim.by.user)} is on it until ${clock(new Date(claim.until))}</li>`}
      ${timers.map((timer) => html`<li key=${`${timer.kind} ${timer.target}`}>Next, at ${clock(new Date(timer.due))}: ${timer.target && `${person(timer.target)} `}${TIMERS[timer.kind] ?? timer.kind}</li>`)}
    </ul>
  </details>`;
}

function Held({ truth }) {
  const [mark, words] = HOLDS[truth];
  return html`<span class=${classes('held', truth)} title=${words}><span aria-hidden="true">${mark}</span><span class="unseen">${words}</span></span>`;
}

/** A recipient as the settings write it, with the name of whom it means. */
function named(who, names) {
  if (who.startsWith('oncall:')) return `who is on call (${who.slice('oncall:'.length)})`;
  return who.startsWith('S') ? `@${names.group(who)}` : names.person(who);
}

/** Seconds in words. */
function spell(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes % 60 === 0 && minutes > 0) return `${minutes / 60} h`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
