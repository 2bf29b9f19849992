/** How bad is it: shape, word and colour of a level. Pure. The same for every group until groups have their own. */

export const LONG_WAIT_MS = 45_000;
export const TOO_LONG_WAIT_MS = 90_000;

/** "fine", "warn" or "alarm", by how long somebody has waited. */
export function waitLevel(ms) {
  if (ms === null || ms < LONG_WAIT_MS) return "fine";
  return ms < TOO_LONG_WAIT_MS ? "warn" : "alarm";
}

export const LEVEL_WORDS = { fine: "fine", warn: "long wait", alarm: "too long" };
