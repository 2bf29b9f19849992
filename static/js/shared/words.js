/** The words people read for the words of the protocol. Pure. */

export const STATES = {
  __proto__: null,
  ivr: "In menu",
  dialing: "Dialling",
  ringing: "Ringing",
  talking: "Talking",
  ended: "Ended",
};

export const LOST = "Lost track";

export const OUTCOMES = {
  __proto__: null,
  answered: "Answered",
  abandoned: "Abandoned",
  missed: "Missed",
  failed: "Failed",
  ivr_only: "Menu only",
  agent_missed: "Agent missed",
  customer_missed: "No answer",
  unknown: "Unknown",
};

/** Which icon, and which state's colour, an outcome has. */
export const OUTCOME_LOOKS = {
  __proto__: null,
  answered: "answered",
  abandoned: "abandoned",
  missed: "missed",
  failed: "failed",
  ivr_only: "ivr",
  agent_missed: "missed",
  customer_missed: "missed",
  unknown: "unknown",
};

export const DIRECTIONS = {
  __proto__: null,
  incoming: "Incoming",
  outgoing: "Outgoing",
  internal: "Internal",
  unknown: "Direction unknown",
};

const REASONS = {
  __proto__: null,
  all_busy: "everybody was busy",
  hung_up: "hung up before anybody answered",
  rang_out: "rang out",
  busy: "busy",
  agent_engaged: "agent was on another call",
  agent_ringing: "agent was being rung already",
  congestion: "network congestion",
  unreachable: "could not be reached",
  agent_offline: "agent's phone was offline",
  bad_dial: "dialled wrongly",
  not_forwarded: "ended in the menu",
  voicemail: "left a voice mail",
  customer_hung_up: "the customer hung up",
  agent_hung_up: "the agent hung up",
};

const FLAGS = {
  __proto__: null,
  synthetic: "Made up by the simulator",
  roles_assumed: "Who is customer and who is agent was assumed",
  group_inferred: "The group was taken from the directory",
  end_time_assumed: "The provider named no end: it was worked out",
  times_disagree: "The provider's times contradict each other",
  talk_without_answer: "There was talk, but no moment of answer",
  reports_disagree: "Two reports contradict each other",
  unmapped_word: "A word of the provider that is not known here",
  unknown_direction: "The provider did not say which way the call went",
  no_call_id: "The provider gave no id: one was made up from numbers and time",
};

export const reasonWord = (reason) => (reason ? (REASONS[reason] ?? plain(reason)) : null);
export function flagWord(flag) {
  const unreadable = /^unreadable_(.+)/.exec(flag);
  if (unreadable) return `${sentence(plain(unreadable[1]))} could not be read`;
  return FLAGS[flag] ?? sentence(plain(flag));
}

/** How a ring attempt went: "ringing", "talking", or the reason why not. */
export function attemptWord(state) {
  if (state === "ringing") return "ringing";
  if (state === "talking") return "picked up";
  return reasonWord(state) ?? "unknown";
}

/** A field's name as a person would say it. */
export const fieldWord = (field) => sentence(plain(field).replace(/ at$/, " time").replace(/ seconds$/, ""));

function plain(word) {
  return String(word).replaceAll("_", " ");
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
