/** What the rows of both lists and the panel have in common: how a customer, an agent, a state are written. */

import { icon, make, say, sayNumber, set, setIcon } from "../shared/dom.js";
import { count, phoneParts, ordinal, UNKNOWN } from "../shared/format.js";
import {
  attemptWord,
  DIRECTIONS,
  doubtedWord,
  flagWord,
  lostWord,
  OUTCOME_LOOKS,
  OUTCOMES,
  STATES,
} from "../shared/words.js";
import { isLost } from "../live/store.js";

/** The look (icon and colour) and the word of where a call is, or how it went. */
export function lookOf(call, now) {
  if (call.isEnded) return { look: OUTCOME_LOOKS[call.outcome] ?? "unknown", word: OUTCOMES[call.outcome] ?? "Ended" };
  if (isLost(call, now)) return { look: "lost", word: lostWord() };
  if (call.flags?.includes("agent_elsewhere")) return { look: "lost", word: doubtedWord() };
  return { look: call.state, word: STATES[call.state] ?? call.state };
}

/** A state: icon and word in the state's colour. */
export function stateCell(attributes = {}) {
  const picture = icon("unknown");
  const word = make("span", { class: "state-word" });
  const node = make("div", { class: "state", role: "gridcell", ...attributes }, picture, word);
  return {
    node,
    show(look, text) {
      set(node, "data-look", look);
      setIcon(picture, look);
      say(word, text);
    },
  };
}

/** The customer's number with badges: how many calls before, simulated. Few rows have one, so it is made when needed. */
export function customerCell() {
  const number = make("span", { class: "number" });
  const node = make("div", { class: "customer", role: "gridcell" }, number);
  const badges = { repeat: null, synthetic: null };
  const badge = (name, wanted, makeBadge) => {
    if (wanted && !badges[name]) {
      badges[name] = makeBadge();
      // The number is not touched: a person may have marked it. How often comes before what it is.
      if (name === "repeat") number.after(badges[name]);
      else node.append(badges[name]);
    }
    if (badges[name]) badges[name].hidden = !wanted;
    return wanted ? badges[name] : null;
  };
  return {
    node,
    show(call, repeats) {
      sayNumber(number, phoneParts(call.customer_number));
      const repeat = badge("repeat", repeats > 0, repeatBadge);
      if (repeat) {
        say(repeat.lastChild, `${ordinal(repeats + 1)}`);
        set(repeat, "title", `${count(repeats, "earlier call")} of this customer among the latest completed`);
      }
      badge("synthetic", Boolean(call.flags?.includes("synthetic")), syntheticBadge);
    },
  };
}

const repeatBadge = () => make("span", { class: "badge" }, icon("repeat"), make("span"));

const syntheticBadge = () =>
  make(
    "span",
    { class: "badge badge--plain simulated", title: flagWord("synthetic") },
    icon("simulated"),
    make("span", { text: "simulated" }),
  );

/** Which way a call goes: an icon, and the word for those who hear the page. */
export function directionCell() {
  const picture = icon("unknown");
  const word = make("span", { class: "sr-only" });
  const node = make("div", { class: "direction", role: "gridcell" }, picture, word);
  return {
    node,
    show(direction) {
      setIcon(picture, direction);
      set(node, "title", DIRECTIONS[direction]);
      say(word, DIRECTIONS[direction] ?? direction);
    },
  };
}

/** A name in one run of text, so that no script is torn: the browser shortens it where there is no room. */
export function sayName(node, text) {
  const shown = text || UNKNOWN;
  node.classList.toggle("faint", !text);
  node.classList.remove("number");
  if (node.said === shown) return;
  node.said = shown;
  set(node, "dir", text ? "auto" : null);
  set(node, "title", text || null);
  node.textContent = shown;
}

/** A name where there is one, else the number in groups. */
export function sayParty(node, name, number) {
  if (name || !number) {
    sayName(node, name);
    return;
  }
  set(node, "title", null);
  set(node, "dir", null);
  node.classList.remove("faint");
  node.classList.add("number");
  sayNumber(node, phoneParts(number));
}

/** Which of the ring attempts the call's agent is: 2 for the second phone that was rung; 0 if there was but one. */
export function attemptOrdinal(call) {
  if (call.attempts.length < 2) return 0;
  return call.attempts.findIndex((attempt) => attempt.agent_number === call.agent_number) + 1;
}

/** The ring attempts in words, for a title and for those who hear the page. */
export const attemptsInWords = (call) =>
  call.attempts
    .map((attempt) => `${attempt.agent_name ?? attempt.agent_number ?? UNKNOWN}: ${attemptWord(attempt.state)}`)
    .join("\n");

/** ring, talk or no: the three shapes of an attempt's dot. */
export const attemptShape = (state) => (state === "ringing" || state === "talking" ? state : "over");
