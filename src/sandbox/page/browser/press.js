// Whether a finger or a mouse's button is down. What moves away under it is not pressed, as far as a browser is concerned, so
// nothing is drawn anew until it is up.

/** From a finger's lifting to the click that a browser makes of it, in milliseconds. */
const TO_THE_CLICK = 50;
/** A press whose end nobody saw, such as outside the window, is over after this, in milliseconds. */
const LONGEST = 1000;

let up = Promise.resolve();
let lift = () => {};

addEventListener(
  'pointerdown',
  () => {
    lift();
    up = new Promise((resolve) => {
      lift = resolve;
      setTimeout(resolve, LONGEST);
    });
  },
  true,
);
for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => setTimeout(lift, TO_THE_CLICK), true);

/** Resolves once nothing is pressed. */
export const nothingPressed = () => up;
