/** The facts of one call as the dock shows them: built anew on each change, and patched into what stands there. */

import { icon, make } from "../shared/dom.js";
import { clockSeconds, exact, hover, length, phoneParts, timer, UNKNOWN } from "../shared/format.js";
import {
  attemptWord,
  DIRECTIONS,
  errorWord,
  fieldWord,
  flagWord,
  OUTCOMES,
  provisionalWord,
  reasonWord,
  rolesWord,
  STATES,
  waitingWord,
} from "../shared/words.js";
import { attemptShape } from "./cells.js";

/**
 * Everything there is to say; `told`: the call as the API tells it, with its recording and its waits, or undefined.
 * `at`: as of when a wait that goes on is told.
 */
export const callFacts = (call, told, at) =>
  [factsOf(call, told), waitsOf(call, told, at), attemptsOf(call), saidOf(told), flagsOf(call)].filter(Boolean);

const LEGS = ["leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at"];

/** A part of the dock under its own head. */
export function part(title, ...children) {
  return make("section", { class: "panel-part" }, title ? make("h3", { text: title }) : null, ...children);
}

export const number = (text) =>
  make("span", { class: "number" }, ...phoneParts(text).map((each) => make("span", { text: each })));

export const copyButton = (text, what) =>
  make(
    "button",
    { class: "copy", type: "button", "data-copy": text, title: `Copy ${what}` },
    icon("copy"),
    make("span", { class: "sr-only", text: `Copy ${what}` }),
  );

function factsOf(call, told) {
  return part(
    null,
    make(
      "dl",
      { class: "facts" },
      ...fact(fieldWord("outcome"), call.isEnded ? outcomeOf(call) : null),
      ...fact(fieldWord("direction"), DIRECTIONS[call.direction]),
      ...fact(fieldWord("virtual_number"), ...named(call.virtual_label, call.virtual_number)),
      ...fact(fieldWord("group"), make("bdi", { text: call.group ?? UNKNOWN })),
      ...fact(
        call.state === "ringing" ? STATES.ringing : fieldWord("agent_name"),
        ...named(call.agent_name, call.agent_number),
      ),
      ...fact(fieldWord("began_at"), moment(call.at.began)),
      ...fact(fieldWord("answered_at"), call.at.answered && moment(call.at.answered)),
      ...fact(fieldWord("ended_at"), call.at.ended && moment(call.at.ended)),
      ...LEGS.flatMap((name) => fact(fieldWord(name), call[name] && moment(Date.parse(call[name])))),
      ...fact(fieldWord("talk_seconds"), call.talk_seconds ? length(call.talk_seconds) : null),
      ...fact(fieldWord("duration_seconds"), call.duration_seconds === null ? null : length(call.duration_seconds)),
      ...fact(fieldWord("coins"), call.coins),
      ...fact(fieldWord("provider_status"), call.provider_status && make("bdi", { text: call.provider_status })),
      ...fact(fieldWord("error_code"), call.error_code && errorWord(call.error_code)),
      ...fact(
        fieldWord("campaign_id"),
        ...(call.campaign_id
          ? [make("code", { text: call.campaign_id }), copyButton(call.campaign_id, "the campaign's id")]
          : []),
      ),
      ...fact(fieldWord("source"), call.source),
      ...fact(
        fieldWord("ref"),
        ...(call.ref ? [make("code", { text: call.ref }), copyButton(call.ref, "the provider's id")] : []),
      ),
      ...fact(fieldWord("recording_url"), recording(call, told)),
    ),
  );
}

/** A term with what there is to say; nothing where there is nothing. */
function fact(word, ...values) {
  const known = values.filter((value) => value !== null && value !== undefined && value !== "" && value !== false);
  return known.length
    ? [make("dt", { text: word }), make("dd", {}, ...known.flatMap((value, at) => (at ? [" ", value] : [value])))]
    : [];
}

const named = (name, phone) => [name && make("bdi", { text: name }), phone && number(phone)];

function outcomeOf(call) {
  const reason = reasonWord(call.reason);
  return [
    [OUTCOMES[call.outcome] ?? OUTCOMES.unknown, reason].filter(Boolean).join(": "),
    call.provisional && provisionalWord(),
  ]
    .filter(Boolean)
    .join(" · ");
}

function recording(call, told) {
  if (told?.recording_url) {
    return make("a", {
      href: told.recording_url,
      target: "_blank",
      rel: "noopener noreferrer",
      referrerpolicy: "no-referrer",
      text: "Listen at the provider",
    });
  }
  return call.has_recording && told ? "There is one, but not for this account" : null;
}

const moment = (at) => make("time", { datetime: new Date(at).toISOString(), title: hover(at), text: exact(at) });

/** The three clocks of a wait, which of them counts and as what, as the server reckons them. */
function waitsOf(call, told, at) {
  if (call.direction !== "incoming" || told?.waits === null) return null;
  const over = call.at.answered !== null || call.isEnded;
  const clocks = told?.waits.clocks.map((clock) => clockOf(clock, at)) ?? PLACES;
  return part(
    over ? "Waited" : waitingWord(),
    make("dl", { class: "waits" }, ...clocks.map((each) => clockNode(each))),
    countsAs(told?.waits),
  );
}

/** Before the server has said them, the clocks have their places. */
const PLACES = ["", "", ""].map((word) => ({ word, text: "…" }));

function clockOf({ word, starts, counts, seconds, since, note }, at) {
  const text = since === null ? length(seconds) : timer(at - Date.parse(since));
  return { word, about: starts, counts, text, note };
}

const clockNode = ({ word, about, counts, text, note }) =>
  make(
    "div",
    { class: counts ? "is-counted" : null, title: about },
    make("dt", { text: word }),
    make("dd", { class: "wait", text }),
    note ? make("dd", { class: "wait-note", text: note }) : null,
  );

const countsAs = ({ word = "", level = "none", limit = "" } = {}) =>
  make(
    "p",
    { class: "counts-as", "data-level": level },
    make("span", { class: "level" }, make("i", { class: "level-shape" }), make("span", { text: word })),
    make("span", { class: "muted", text: limit }),
  );

function attemptsOf(call) {
  if (!call.attempts.length) return null;
  return part(fieldWord("ring_attempts"), make("ol", { class: "attempts-list" }, ...call.attempts.map(attemptOf)));
}

function attemptOf(attempt) {
  const at = attempt.at ? Date.parse(attempt.at) : null;
  return make(
    "li",
    {},
    make("i", { class: `dot dot--${attemptShape(attempt.state)}` }),
    attempt.agent_name ? make("bdi", { text: attempt.agent_name }) : number(attempt.agent_number),
    make("span", { class: "muted", text: attemptWord(attempt.state) }),
    attempt.talk_seconds ? make("span", { class: "muted", text: length(attempt.talk_seconds) }) : null,
    // Not when it rang, but when we heard so: that may be later than the answer.
    at && make("time", { class: "faint", datetime: attempt.at, title: hover(at), text: `heard ${clockSeconds(at)}` }),
  );
}

/** What the provider said beside the fields of a call, under its own names. */
function saidOf(told) {
  const said = Object.entries(told?.also_said ?? {}).sort();
  if (!said.length) return null;
  const facts = said.flatMap(([name, text]) => [
    make("dt", {}, make("code", { text: name })),
    make("dd", {}, make("bdi", { text })),
  ]);
  return part(fieldWord("also_said"), make("dl", { class: "facts facts--said" }, ...facts));
}

function flagsOf(call) {
  // A demo has said once, in its header, that all calls are made up.
  const said = (call.flags ?? []).filter((flag) => flag !== "synthetic" || !document.getElementById("demo"));
  const flags = said.map((flag) => [flag === "synthetic" ? "simulated" : "info", flagWord(flag)]);
  if (call.roles_assumed) flags.push(["info", rolesWord()]);
  if (!flags.length) return null;
  const items = flags.map(([picture, text]) => make("li", {}, icon(picture), make("span", { text })));
  return part(fieldWord("flags"), make("ul", { class: "flags" }, ...items));
}
