/**
 * How bad is it: shape, word and colour of a level. Pure. A board's lists, strip and band say the level that
 * attention.js finds, which also knows how patient the callers of each group are; these two limits are those of all.
 */

export const LONG_WAIT_MS = 45_000;
export const TOO_LONG_WAIT_MS = 90_000;

const LEVELS = ["fine", "warn", "alarm"];

/** "fine", "warn" or "alarm", by how long somebody has waited. */
export function waitLevel(ms) {
  if (ms === null || ms < LONG_WAIT_MS) return "fine";
  return ms < TOO_LONG_WAIT_MS ? "warn" : "alarm";
}

export const isAtLeast = (level, other) => LEVELS.indexOf(level) >= LEVELS.indexOf(other);

export const worse = (a, b) => (isAtLeast(a, b) ? a : b);

export const LEVEL_WORDS = { fine: "fine", warn: "long wait", alarm: "too long" };
