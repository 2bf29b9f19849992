/** Times, lengths and numbers as people read them. Pure. */

export const UNKNOWN = "–";

/** A length in ms as a running timer: 0:07, 12:40, 1:02:03. */
export function timer(ms) {
  if (ms === null || Number.isNaN(ms)) return UNKNOWN;
  return length(Math.max(0, Math.floor(ms / 1000)));
}

/** A length in whole seconds: 0:07, 12:40, 1:02:03. Unknown is a dash. */
export function length(seconds) {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = String(seconds % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** "12 s", "3 min", "2 h": for a sentence. */
export function about(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Relative while young, the time of day when older, the date when older still. */
export function when(moment, now) {
  if (moment === null || Number.isNaN(moment)) return UNKNOWN;
  const age = now - moment;
  if (age < 60_000) return "just now";
  if (age < 3_600_000) return `${Math.floor(age / 60_000)} min ago`;
  return age < 20 * 3_600_000 ? clockTime(moment) : dayTime(moment);
}

const HOURS = { hour: "2-digit", minute: "2-digit", hour12: false };
const clockFormat = new Intl.DateTimeFormat(undefined, HOURS);
const dayFormat = new Intl.DateTimeFormat(undefined, { ...HOURS, day: "numeric", month: "short" });
const exactFormat = new Intl.DateTimeFormat(undefined, {
  ...HOURS,
  second: "2-digit",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZoneName: "short",
});

export const clockTime = (moment) => clockFormat.format(moment);
export const dayTime = (moment) => dayFormat.format(moment);

/** The moment in full, with the zone. */
export const exact = (moment) => (moment === null || Number.isNaN(moment) ? UNKNOWN : exactFormat.format(moment));

const CODES_OF_ONE = /^[17]/;
const CODES_OF_TWO = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/** A phone number in the groups people read; anything that is none, whole. Masked digits keep their place. */
export function numberParts(text) {
  if (!text) return [UNKNOWN];
  const match = /^(\+?)([0-9*•xX]{5,15})$/.exec(text);
  if (!match) return [text];
  const [, plus, digits] = match;
  if (!plus) return grouped(digits);
  const size = CODES_OF_ONE.test(digits) ? 1 : CODES_OF_TWO.test(digits) ? 2 : 3;
  return [`+${digits.slice(0, size)}`, ...grouped(digits.slice(size))];
}

function grouped(digits) {
  if (digits.length === 10) return [digits.slice(0, 5), digits.slice(5)];
  const parts = [];
  let rest = digits;
  while (rest.length > 4) {
    parts.push(rest.slice(0, 3));
    rest = rest.slice(3);
  }
  return [...parts, rest];
}

/** A long name without its middle: both ends tell names apart, the middle rarely does. */
export function middle(text, most = 24) {
  if (!text || text.length <= most) return text;
  const head = Math.ceil((most - 1) * 0.6);
  return `${text.slice(0, head).trimEnd()}…${text.slice(head + 1 - most).trimStart()}`;
}

/** 1st, 2nd, 3rd, 4th. */
export function ordinal(n) {
  const tens = n % 100;
  if (tens > 10 && tens < 14) return `${n}th`;
  return `${n}${{ 1: "st", 2: "nd", 3: "rd" }[n % 10] ?? "th"}`;
}

const figures = new Intl.NumberFormat("en");

/** A figure with its thousands parted: 1,240. */
export const figure = (n) => (n < 1000 ? String(n) : figures.format(n));

/** "1 call", "2 calls". */
export const count = (n, one, many = `${one}s`) => `${figure(n)} ${n === 1 ? one : many}`;
