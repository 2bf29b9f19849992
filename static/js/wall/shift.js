/** Where the picture stands in each minute: a few px around its place, so that no edge burns into the screen. Pure. */

const STEPS = [
  [0, 0],
  [4, 0],
  [4, 4],
  [0, 4],
  [-4, 4],
  [-4, 0],
  [-4, -4],
  [0, -4],
  [4, -4],
];

/** The shift at a moment (ms), as the value of `translate`. */
export function shiftAt(moment) {
  const [x, y] = STEPS[Math.floor(moment / 60_000) % STEPS.length];
  return `${x}px ${y}px`;
}
