// Stories that play by themselves, with a line of explanation at each step.

import { useState } from 'preact/hooks';
import { html, classes } from '../html.js';
import { post } from '../server.js';

/** The step to look at: what is being done or went wrong, else what was done last, else what comes first. */
export function currentStep(story) {
  if (!story) return null;
  const steps = story.steps.map((step, index) => ({ ...step, index }));
  return steps.find((step) => step.state === 'doing' || step.trouble) ?? steps.findLast((step) => step.state === 'done') ?? steps[0] ?? null;
}

export function StoryPane({ page }) {
  const { story, stories } = page.state;
  const [tell, complaint] = useTell();
  if (!stories) return html`<p class="empty">This sandbox tells no stories.</p>`;
  return html`
    ${story ? html`<${Told} page=${page} story=${story} tell=${tell} />` : html`<${Choose} stories=${stories} tell=${tell} />`}
    ${complaint && html`<p class="trouble" role="alert">⚠ ${complaint}</p>`}`;
}

function useTell() {
  const [complaint, setComplaint] = useState(null);
  return [async (body) => setComplaint((await post('story', body)).error ?? null), complaint];
}

const Choose = ({ stories, tell }) => html`
  <p class="about">A story plays in the clients beside this. Each begins anew, and you can take over at any time.</p>
  <ul class="cards">${stories.map((story) => html`<li class="story-offer" key=${story.name}>
    <button type="button" class="button" onClick=${() => tell({ start: story.name })}>${story.title}</button>
    <p class="about">${story.about}</p>
  </li>`)}</ul>`;

function Told({ page, story, tell }) {
  const at = currentStep(story);
  return html`<section class="story" aria-label=${story.title}>
    <h2>${story.title}</h2>
    <p class="telling" role="status">${at?.say}</p>
    ${at?.who && html`<p class="about">${page.names.person(at.who)}${at.device && `, on the ${at.device}`}</p>`}
    ${at?.trouble && html`<p class="trouble">⚠ ${at.trouble}</p>`}
    ${story.ended && html`<p class="about">This is the end of the story. Everything stays as it is: look around, and take over.</p>`}
    <${Controls} story=${story} tell=${tell} />
    <ol class="steps">${story.steps.map((step, index) => html`<li key=${index} class=${classes('step', step.state)}
      aria-current=${index === at?.index ? 'step' : undefined}>
      <span class="unseen">${step.state === 'done' ? 'Done: ' : step.state === 'doing' ? 'Now: ' : ''}</span>${step.say}
      ${step.trouble && html`<span class="trouble"> ⚠ ${step.trouble}</span>`}
    </li>`)}</ol>
  </section>`;
}

function Controls({ story, tell }) {
  const canStep = !story.ended && !story.playing;
  return html`<div class="buttons">
    <button type="button" class="button primary" aria-disabled=${!canStep} onClick=${() => canStep && tell({ do: 'next' })}>Next step</button>
    ${story.playing
      ? html`<button type="button" class="button" onClick=${() => tell({ do: 'pause' })}>Pause</button>`
      : story.ended
        ? html`<button type="button" class="button" onClick=${() => tell({ start: story.name })}>Again</button>`
        : html`<button type="button" class="button" onClick=${() => tell({ do: 'play' })}>Play</button>`}
    <button type="button" class="button" onClick=${() => tell({ do: 'leave' })}>Leave</button>
  </div>`;
}

/** The story's line over a phone's screen, where the pane is another tab. */
export function StoryBar({ story, more }) {
  const [tell, complaint] = useTell();
  const at = currentStep(story);
  return html`<section class="story-bar" aria-label=${story.title}>
    <p role="status">${at?.say}${(complaint ?? at?.trouble) && html`<span class="trouble"> ⚠ ${complaint ?? at.trouble}</span>`}</p>
    <div class="buttons">
      <button type="button" class="button primary" aria-disabled=${story.ended} onClick=${() => !story.ended && tell({ do: 'next' })}>Next step</button>
      <button type="button" class="button" onClick=${more}>All steps</button>
    </div>
  </section>`;
}
