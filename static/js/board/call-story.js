/** Why a call is as it is: a line for each delivery, and on opening what it changed and what it said in vain. */

import { make } from "../shared/dom.js";
import { clockSeconds, count, dayTime, hover, length, phone, UNKNOWN } from "../shared/format.js";
import {
  asideSentence,
  DIRECTIONS,
  errorWord,
  fieldWord,
  flagWord,
  kindWord,
  OUTCOMES,
  reasonWord,
  RESULTS,
  stateWithin,
  STATES,
} from "../shared/words.js";

export function callStory(story) {
  if (!story.length) return make("p", { class: "muted", text: "The deliveries of this call are no longer kept." });
  return make("ol", { class: "story" }, ...story.map((step) => stepOf(step, story)));
}

function stepOf(step, story) {
  const result = step.result === "applied" ? null : RESULTS[step.result];
  const at = Date.parse(step.received_at);
  const summary = make(
    "summary",
    { class: "step-head" },
    make("time", { class: "faint", datetime: step.received_at, title: hover(at), text: clockSeconds(at) }),
    make("b", { text: step.provider_status ?? kindWord(step.kind) }),
    make("span", { class: "muted", text: inShort(step) }),
    result ? make("span", { class: "badge badge--plain", text: result }) : null,
  );
  return make(
    "li",
    { class: "step", "data-kind": step.kind },
    make("details", {}, summary, ...particulars(step, story)),
  );
}

/** What a delivery did, in a few words. Pure. */
export function inShort({ changed, kind, result }) {
  if (result !== "applied" && result !== undefined && !changed.length) return "";
  const to = (field) => changed.find((change) => change.field === field)?.to ?? null;
  const agent = to("agent_name") ?? (to("agent_number") && phone(to("agent_number")));
  if (to("outcome")) return OUTCOMES[to("outcome")] ?? String(to("outcome"));
  if (to("state") === "ringing" || (!to("state") && to("ring_attempts")))
    return agent ? `rings ${agent}` : "a phone rings";
  if (to("state") === "talking") return agent ? `${agent} picked up` : "picked up";
  if (to("state")) return stateWithin(to("state"));
  if (!changed.length) return "changed nothing";
  return `${kind === "report" ? "confirmed, and " : ""}${count(changed.length, "fact")} changed`;
}

function particulars(step, story) {
  const more = [
    asideSentence(step.reason),
    step.ignored.length && `Not taken over: ${step.ignored.map((field) => fieldWord(field).toLowerCase()).join(", ")}`,
    step.repeats && `Came ${count(step.repeats, "more time")}`,
    !step.changed.length && "It changed nothing.",
  ].filter(Boolean);
  return [
    make("p", { class: "faint", text: kindWord(step.kind) }),
    make("ul", { class: "changes" }, ...step.changed.map((change) => changeOf(change, step, story))),
    ...more.map((text) => make("p", { class: "faint", text })),
  ];
}

/** Fields that go on by themselves: a later state is no contradiction of an earlier one. */
const PROGRESS = ["state", "ring_attempts", "provider_status", "flags"];

/** Whether a later delivery made something else of a field. */
function isOverruled(field, step, story) {
  const later = story.slice(story.indexOf(step) + 1);
  return !PROGRESS.includes(field) && later.some(({ changed }) => changed.some((change) => change.field === field));
}

function changeOf({ field, from, to }, step, story) {
  const stands = !isOverruled(field, step, story);
  const old = valueWord(field, from);
  return make(
    "li",
    {
      class: stands ? null : "is-overruled",
      title: stands ? null : "A later or better-informed delivery overruled this",
    },
    make("span", { class: "muted", text: fieldWord(field) }),
    make(
      "span",
      { class: "change" },
      ...(old === UNKNOWN ? [] : [make("s", { text: old }), " "]),
      make("bdi", { text: valueWord(field, to) }),
    ),
  );
}

function valueWord(field, value) {
  if (value === null || value === undefined || value === "") return UNKNOWN;
  if (field === "state") return STATES[value] ?? value;
  if (field === "outcome") return OUTCOMES[value] ?? value;
  if (field === "direction") return DIRECTIONS[value] ?? value;
  if (field === "reason") return reasonWord(value);
  if (field === "error_code") return errorWord(value);
  if (field === "also_said") return Object.keys(value).sort().join(", ") || UNKNOWN;
  if (field === "flags") return value.length ? value.map(flagWord).join("; ") : UNKNOWN;
  if (field === "ring_attempts") return value.length ? count(value.length, "phone") : UNKNOWN;
  if (field.endsWith("_seconds")) return length(Number(value));
  if (field.endsWith("_at")) return momentWord(Date.parse(value));
  if (field.endsWith("_number")) return phone(value);
  if (field === "recording_url") return "a recording";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const momentWord = (at) => (Date.now() - at > 72_000_000 ? dayTime(at, Date.now()) : clockSeconds(at));
