/** Which calls a person wants to see: filter state to URL and back, the test of a call, and the choices. Pure. */

import { isLost, isWaiting } from "../live/store.js";
import { DIRECTIONS, lostWord, OUTCOMES, reasonWord, STATES, waitingWord } from "../shared/words.js";

/** The facets, in the order of the bar. Names are the URL's. */
export const FACETS = ["group", "direction", "state", "agent", "outcome"];

/** Choices that are listed even where no call has them now; a caller who waits is also in a menu or at a phone. */
const LISTED = {
  direction: () => ["incoming", "outgoing"],
  state: () => ["waiting", "ivr", "dialing", "ringing", "talking", "lost"],
  outcome: () => Object.keys(OUTCOMES),
};

/** What stands for "no group" and "no agent" in the URL. */
export const NONE = "-";

export const noFilters = () => ({ q: "", group: [], direction: [], state: [], agent: [], outcome: [] });

/** From the query part of a URL. Unknown parameters are left alone. */
export function readFilters(query) {
  const parameters = new URLSearchParams(query);
  const filters = noFilters();
  filters.q = parameters.get("q") ?? "";
  for (const facet of FACETS) filters[facet] = [...new Set(parameters.getAll(facet))].filter(Boolean);
  return filters;
}

/** Into a URL's query, keeping the parameters that are none of ours. */
export function writeFilters(filters, query = "") {
  const parameters = new URLSearchParams(query);
  parameters.delete("q");
  if (filters.q.trim()) parameters.set("q", filters.q.trim());
  for (const facet of FACETS) {
    parameters.delete(facet);
    for (const value of filters[facet]) parameters.append(facet, value);
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

export const isEmpty = (filters) => !filters.q.trim() && FACETS.every((facet) => !filters[facet].length);

/** The filters with one choice taken or given back. */
export function toggled(filters, facet, value) {
  const chosen = filters[facet];
  const next = chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
  return { ...filters, [facet]: next };
}

/** What a call is in a facet: one value, or two; none where the facet does not concern it. */
export function valuesOf(call, facet, now) {
  if (facet === "group") return [call.group ?? NONE];
  if (facet === "direction") return [call.direction];
  if (facet === "agent") return [call.agent_name ?? call.agent_number ?? NONE];
  if (facet === "outcome") return call.isEnded ? [call.outcome ?? "unknown"] : [];
  if (call.isEnded) return [];
  if (isLost(call, now)) return ["lost"];
  return isWaiting(call, now) ? ["waiting", call.state] : [call.state];
}

/** A test of calls. `except`: a facet to leave out, for counting its choices. */
export function tester(filters, now, except = null) {
  const facets = FACETS.filter((facet) => facet !== except && filters[facet].length);
  const words = filters.q.toLowerCase().split(/\s+/).filter(Boolean);
  const digits = searchedDigits(filters.q);
  return (call) =>
    facets.every((facet) => accepts(filters[facet], valuesOf(call, facet, now))) &&
    (!words.length || matchesDigits(call, digits) || matchesWords(call, words, now));
}

// A facet that does not concern a call (the outcome of a live one) does not hide it.
const accepts = (chosen, values) => !values.length || values.some((value) => chosen.includes(value));

/** The digits of a search that looks like a phone number, else null. */
function searchedDigits(text) {
  if (!/^[+\d\s()-]+$/.test(text.trim())) return null;
  const digits = text.replace(/\D/g, "");
  return digits.length >= 3 ? digits : null;
}

function matchesDigits(call, digits) {
  if (digits === null) return false;
  const numbers = [call.customer_number, call.virtual_number, call.agent_number];
  return numbers.some((number) => number?.replace(/\D/g, "").includes(digits.replace(/^0+/, "")));
}

const SEARCHED = [
  "customer_number",
  "virtual_number",
  "virtual_label",
  "group",
  "agent_name",
  "agent_number",
  "ref",
  "source",
  "provider_status",
];

function matchesWords(call, words, now) {
  // Joined once a call, because rows are replaced and never changed.
  call.searchText ??= searchText(call);
  const passing = call.isEnded ? "" : isLost(call, now) ? lostWord() : isWaiting(call, now) ? waitingWord() : "";
  const text = `${call.searchText} ${passing.toLowerCase()}`;
  return words.every((word) => text.includes(word));
}

/** What a person reads of a call, and the provider's ids: the words of the screen, not those of the protocol. */
function searchText(call) {
  const read = [
    DIRECTIONS[call.direction],
    call.isEnded ? OUTCOMES[call.outcome ?? "unknown"] : STATES[call.state],
    reasonWord(call.reason),
  ];
  return [...SEARCHED.map((field) => call[field]), ...read].filter(Boolean).join(" ").toLowerCase();
}

/**
 * The choices of a facet with how many calls each would show, given the other filters: [{value, count}].
 * What is chosen, and what there always is, stays listed at 0.
 */
export function choicesOf(facet, calls, filters, now) {
  const test = tester(filters, now, facet);
  const listed = LISTED[facet]?.() ?? [];
  const counts = new Map([...listed, ...filters[facet]].map((value) => [value, 0]));
  for (const call of calls) {
    // Live calls count in every facet but the outcome, completed ones only there.
    if (call.isEnded !== (facet === "outcome") || !test(call)) continue;
    for (const value of valuesOf(call, facet, now)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const choices = [...counts].map(([value, count]) => ({ value, count }));
  return listed.length ? choices : choices.sort(byName);
}

const byName = (a, b) => Number(a.value === NONE) - Number(b.value === NONE) || a.value.localeCompare(b.value, "en");
