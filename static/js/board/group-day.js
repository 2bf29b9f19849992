/** Today's figures of a call group beside its live calls, as the server tells them: docs/events.md, `groups`. */

import { make, say, set } from "../shared/dom.js";
import { UNKNOWN } from "../shared/format.js";

/** By figure: the head of its column, and its word where a narrow list has no heads. */
const COLUMNS = {
  "service-level": ["Service level today", null],
  answered: ["Answered today", "answered"],
  lost: ["Lost today", "lost"],
};
const classOf = (figure) => (figure === "service-level" ? "day day--level" : "day");

const saidEverywhere = (text, count = text) => ({
  level: { text, code: "none", word: "", goal: null },
  answered: count,
  lost: count,
});
/** Of a group without a call today; before the server has said them; of groups of which some are left out. */
const NO_CALLS = saidEverywhere(UNKNOWN, "0");
const NOT_YET = saidEverywhere("…");
const LEFT_OUT = saidEverywhere(UNKNOWN);

export const dayHeads = () =>
  Object.entries(COLUMNS).map(([figure, [text]]) =>
    make("th", { scope: "col", role: "columnheader", class: classOf(figure), text }),
  );

export const dayCells = () =>
  Object.entries(COLUMNS).map(([figure, [, word]]) =>
    make(
      "td",
      { role: "cell", class: classOf(figure), "data-day": figure },
      make("a"),
      word ? wordNode(word) : level(),
    ),
  );

const wordNode = (text) => make("span", { class: "day-word", text });

const level = () => make("span", { class: "level" }, make("i", { class: "level-shape" }), make("span"));

/** "below goal 80 %"; few calls are not judged. */
const levelWord = ({ word, code, goal }) => (code === "few" ? word : [word, goal].filter(Boolean).join(" "));

/**
 * Say the day in a row's cells. `day`: undefined where there was no call, null where it is not told. `query`: that of
 * the inspectors of its numbers, where it is known.
 */
export function sayDay(row, day, query) {
  const told = day === null ? LEFT_OUT : query ? (day ?? NO_CALLS) : NOT_YET;
  for (const cell of row.querySelectorAll(".day")) {
    const figure = cell.dataset.day;
    const [link, more] = cell.children;
    say(link, figure === "service-level" ? told.level.text : told[figure]);
    set(link, "href", day !== null && query ? `/figures/${figure}/?${query}` : null);
    if (figure !== "service-level") continue;
    set(cell, "data-level", told.level.code);
    say(more.lastChild, levelWord(told.level));
  }
}
