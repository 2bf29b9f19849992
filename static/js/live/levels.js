/**
 * How bad is it: limits, and shape, word and colour of a level. Pure. The limits of waits here are those of all; those
 * of a group, whose callers may be less patient, come from the server.
 */

const LEVELS = ["fine", "warn", "alarm"];

/** Limits of lengths, in ms: at which value each level is raised, and below which, a ninth lower, it is cleared. */
export function limits(warn, alarm) {
  return { warn: [warn, warn - warn / 9], alarm: [alarm, alarm - alarm / 9] };
}

export const WAIT = limits(45_000, 90_000);

/** "fine", "warn" or "alarm" of a value that had this level before. */
export function levelAt(value, { warn, alarm }, before = "fine") {
  const reached = (level, [raised, cleared]) => value >= (isAtLeast(before, level) ? cleared : raised);
  if (reached("alarm", alarm)) return "alarm";
  return reached("warn", warn) ? "warn" : "fine";
}

const isAtLeast = (level, other) => LEVELS.indexOf(level) >= LEVELS.indexOf(other);

export const worse = (a, b) => (isAtLeast(a, b) ? a : b);

export const LEVEL_WORDS = { fine: "fine", warn: "long wait", alarm: "too long" };
