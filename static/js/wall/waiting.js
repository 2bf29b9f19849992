/** How bad the waits are that a screen tells of. Pure. */

import { levelAt, WAIT, worse } from "../live/levels.js";

const at = (text) => (text ? Date.parse(text) : Infinity);

/**
 * By the limits of all and those of their groups: the server says when the first caller comes to one of its group.
 * @param {Record<string, any>} told
 */
export function waitLevel({ waiting_since, waits_long_from, waits_too_long_from }, now) {
  const own = { warn: [at(waits_long_from)], alarm: [at(waits_too_long_from)] };
  return worse(levelAt(now - at(waiting_since), WAIT), levelAt(now, own));
}
