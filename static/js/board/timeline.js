/** A call as a bar: how long it was in the menu, how long it rang, how long they talked. */

import { draw, make } from "../shared/dom.js";
import { clockSeconds, length } from "../shared/format.js";
import { STATES } from "../shared/words.js";

/** [{state, from, to}] in ms since 1970, in their order; only what lasted. Pure. */
export function stretches(call, now) {
  const { began, ringing, answered, ended } = call.at;
  const end = ended ?? Math.max(now, began);
  const before = call.direction === "incoming" ? "ivr" : "dialing";
  return [
    { state: before, from: began, to: ringing ?? answered ?? end },
    { state: "ringing", from: ringing, to: answered ?? end },
    { state: "talking", from: answered, to: end },
  ].filter(({ from, to }) => from !== null && to - from >= 1000);
}

/** The bar with its times; null where nothing has lasted yet. */
export function timeline(call, now) {
  const parts = stretches(call, now);
  if (!parts.length) return null;
  const [from, to] = [parts[0].from, parts[parts.length - 1].to];
  return make(
    "figure",
    { class: "timeline", role: "img", "aria-label": parts.map(inWords).join(", ") },
    draw(
      "svg",
      { class: call.isEnded ? "legs" : "legs is-open", viewBox: "0 0 1000 10", preserveAspectRatio: "none" },
      ...parts.map((part) => leg(part, from, to - from)),
    ),
    make(
      "div",
      { class: "leg-words" },
      ...parts.map((part) => make("span", { "data-look": part.state, text: inWords(part) })),
    ),
    make(
      "div",
      { class: "leg-times faint" },
      make("span", { text: clockSeconds(from) }),
      make("span", { text: call.isEnded ? clockSeconds(to) : "now" }),
    ),
  );
}

const inWords = ({ state, from, to }) => `${STATES[state]} ${length(Math.round((to - from) / 1000))}`;

/** A piece of the bar. Drawn, for the policy of the page allows no style in markup. */
function leg({ state, from, to }, start, whole) {
  const place = (at) => Math.round((1000 * (at - start)) / whole);
  return draw("rect", {
    "data-look": state,
    x: place(from),
    width: Math.max(4, place(to) - place(from) - 3),
    height: 10,
  });
}
