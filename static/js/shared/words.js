/**
 * The words that people read for the words of the protocol. They stand once, in `calls/display/wording.py`; the page
 * hands them over as JSON, and `learnWords` fills the tables below. Pure: who finds the block is main.js.
 */

const table = () => Object.create(null);

export const STATES = table();
export const OUTCOMES = table();
/** Which icon, and which state's colour, an outcome has. */
export const OUTCOME_LOOKS = table();
export const DIRECTIONS = table();
/** What became of a delivery. */
export const RESULTS = table();
const REASONS = table();
const ATTEMPTS = table();
const KINDS = table();
const FLAGS = table();
const FIELDS = table();
const CAUSES = table();
const CLOCKS = table();
const ATTENTION = table();
const SET_ASIDE = table();
const SINGLE = table();

/** Take over what `browser_words` of the server says. */
export function learnWords(told) {
  Object.assign(STATES, told.states);
  Object.assign(OUTCOMES, told.outcomes);
  Object.assign(OUTCOME_LOOKS, told.looks);
  Object.assign(DIRECTIONS, told.directions);
  Object.assign(RESULTS, told.results);
  Object.assign(REASONS, told.reasons);
  Object.assign(ATTEMPTS, told.attempts);
  Object.assign(KINDS, told.kinds);
  Object.assign(FLAGS, told.flags);
  Object.assign(FIELDS, told.fields);
  Object.assign(CAUSES, told.causes);
  Object.assign(CLOCKS, told.clocks);
  Object.assign(ATTENTION, told.attention);
  Object.assign(SET_ASIDE, told.set_aside);
  for (const name of ["waiting", "lost", "doubted", "provisional", "roles_assumed", "unreadable"])
    SINGLE[name] = told[name];
}

export const waitingWord = () => SINGLE.waiting;
export const lostWord = () => SINGLE.lost;
export const doubtedWord = () => SINGLE.doubted;
export const provisionalWord = () => SINGLE.provisional;
export const rolesWord = () => SINGLE.roles_assumed;

/** A state within a sentence: "3 ringing", "2 in menu". */
export const stateWithin = (state) => (STATES[state] ?? state).toLowerCase();

export const reasonWord = (reason) => (reason ? (REASONS[reason] ?? plain(reason)) : null);

/** Telephony's cause code with what it means: "17 · busy". */
export const errorWord = (code) => (CAUSES[code] ? `${code} · ${CAUSES[code]}` : code);

/** What to say of a source whose times are ahead of ours, or behind. */
export function clockSentence({ source, seconds_ahead: ahead }) {
  const minutes = Math.abs(ahead) / 60;
  const hours = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  return CLOCKS[ahead > 0 ? "ahead" : "behind"].replace("{source}", source).replace("{hours}", hours);
}

/** A word of the attention band, with what stands in braces filled in. */
export function attentionWord(code, given = {}) {
  return Object.entries(given).reduce((text, [name, value]) => text.replace(`{${name}}`, value), ATTENTION[code] ?? "");
}

/** Why a delivery was ignored or set aside, as a sentence. */
export const asideSentence = (reason) => (reason ? (SET_ASIDE[reason]?.[0] ?? sentence(plain(reason))) : null);

export function flagWord(flag) {
  const unreadable = /^unreadable_(.+)/.exec(flag);
  if (unreadable) return SINGLE.unreadable.replace("{field}", fieldWord(unreadable[1]));
  return FLAGS[flag] ?? sentence(plain(flag));
}

/** How a ring attempt went: "ringing", "talking", or the reason why not. */
export const attemptWord = (state) => (state ? (ATTEMPTS[state] ?? plain(state)) : "unknown");

export const kindWord = (kind) => KINDS[kind ?? ""] ?? KINDS[""];

/** A field's name as a person would say it. */
export const fieldWord = (field) => FIELDS[field] ?? sentence(plain(field));

function plain(word) {
  return String(word).replaceAll("_", " ");
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
