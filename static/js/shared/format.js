/**
 * Lengths, moments, figures and phone numbers as people read them. Pure.
 *
 * `calls/display/formats.py` has the same functions with the same results; a test runs one table through both.
 */

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

/** A length in ms within a sentence: "12 s", "3 min", "2 h", "4 d". */
export function about(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

// Moments, in ms since 1970. They are shown in the site's time zone, for everybody: a call began at one time of day.

let site = { zone: "UTC", zone_words: {}, months: [] };
/** @type {Intl.DateTimeFormat | null} */
let zoneFields = null;
const offsets = new Map();

/** Take over what `browser_formats` of the server says: the site's zone and what it is called. */
export function learnFormats(told) {
  site = told;
  zoneFields = fieldsOf(told.zone);
  offsets.clear();
}

function fieldsOf(zone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const numeric = {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  };
  return new Intl.DateTimeFormat("en-GB", { ...numeric, timeZone: zone, hourCycle: "h23" });
}

const QUARTER_MS = 900_000;

/** The site's offset from UTC at a moment, in minutes. Offsets change on a quarter of an hour. */
function offsetAt(moment) {
  const quarter = Math.floor(moment / QUARTER_MS);
  if (!offsets.has(quarter)) {
    if (offsets.size > 500) offsets.clear();
    zoneFields ??= fieldsOf(site.zone);
    offsets.set(quarter, offsetIn(zoneFields, quarter * QUARTER_MS));
  }
  return offsets.get(quarter);
}

function offsetIn(fields, moment) {
  const part = {};
  for (const { type, value } of fields.formatToParts(moment)) part[type] = Number(value);
  const local = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return Math.round((local - Math.floor(moment / 1000) * 1000) / 60_000);
}

/** A date whose UTC fields are the site's. */
const local = (moment) => new Date(moment + offsetAt(moment) * 60_000);

const two = (n) => String(n).padStart(2, "0");

/** The time of day: 17:42. */
export function clock(moment) {
  const at = local(moment);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

/** The time of day to the second: 17:42:10. */
export const clockSeconds = (moment) => `${clock(moment)}:${two(local(moment).getUTCSeconds())}`;

/** The day: 27 Nov 2026. */
export function day(moment) {
  const at = local(moment);
  return `${at.getUTCDate()} ${site.months[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

/** Day and time of day, the year where it is not this one: 27 Nov, 17:42. */
export function dayTime(moment, now) {
  const same = local(moment).getUTCFullYear() === local(now).getUTCFullYear();
  return `${same ? day(moment).slice(0, -5) : day(moment)}, ${clock(moment)}`;
}

/** The moment in full, with the zone: 27 Nov 2026, 17:42:10 IST. */
export const exact = (moment) =>
  known(moment) ? `${day(moment)}, ${clockSeconds(moment)} ${zoneWord(moment)}` : UNKNOWN;

const known = (moment) => moment !== null && moment !== undefined && !Number.isNaN(moment);

/** Relative while young, the time of day when older, the day too when older still. */
export function when(moment, now) {
  if (!known(moment)) return UNKNOWN;
  const age = now - moment;
  if (age < 60_000) return "just now";
  if (age < 3_600_000) return `${Math.floor(age / 60_000)} min ago`;
  return age < 20 * 3_600_000 ? clock(moment) : dayTime(moment, now);
}

/** The site's zone at a moment, as people there call it ("IST"); where it has no name, UTC+4. */
export const zoneWord = (moment) => site.zone_words[offsetAt(moment)] ?? utcWord(offsetAt(moment));

function utcWord(minutes) {
  if (!minutes) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "-" : "+"}${hours}${rest ? `:${two(rest)}` : ""}`;
}

/** For a hover: the moment in full, and where the viewer's own clock differs, what that shows. */
export function hover(moment) {
  if (!known(moment)) return UNKNOWN;
  const own = ownOffset(moment);
  return own === offsetAt(moment)
    ? exact(moment)
    : `${exact(moment)}\n${ownTime(moment)} by your clock (${utcWord(own)})`;
}

/** Whether the viewer's clock shows another time of day than the site's. */
export const isElsewhere = (moment) => ownOffset(moment) !== offsetAt(moment);

const ownOffset = (moment) => -new Date(moment).getTimezoneOffset();

function ownTime(moment) {
  const at = new Date(moment);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

// Phone numbers

const CODES_OF_ONE = /^[17]/;
const CODES_OF_TWO = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/** Numbers whose groups the server knows better than the simple rule: {number: spaced} of the rows seen. */
const spacing = new Map();

/** Take over a row's `spaced`. */
export function learnSpacing(spaced) {
  for (const [number, text] of Object.entries(spaced ?? {})) {
    if (spacing.size > 5_000) spacing.clear();
    spacing.set(number, text.split(" "));
  }
}

/** A phone number in the groups people read; anything that is none, whole. Masked digits keep their place. */
export function phoneParts(text) {
  if (!text) return [UNKNOWN];
  return spacing.get(text) ?? simpleParts(text);
}

/** A phone number for reading: +91 90000 00101. */
export const phone = (text) => phoneParts(text).join(" ");

function simpleParts(text) {
  const match = /^(\+?)([0-9*•xX]{5,15})$/.exec(text);
  if (!match) return [text];
  const [, plus, digits] = match;
  if (!plus) return grouped(digits);
  const size = CODES_OF_ONE.test(digits) ? 1 : CODES_OF_TWO.test(digits) ? 2 : 3;
  return [`+${digits.slice(0, size)}`, ...grouped(digits.slice(size))];
}

function grouped(digits) {
  if (digits.length === 10) return [digits.slice(0, 5), digits.slice(5)];
  // What a masked number shows stays together.
  if (digits.length > 7 && /\D/.test(digits)) return [...grouped(digits.slice(0, -4)), digits.slice(-4)];
  const parts = [];
  let rest = digits;
  while (rest.length > 4) {
    parts.push(rest.slice(0, 3));
    rest = rest.slice(3);
  }
  return [...parts, rest];
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
