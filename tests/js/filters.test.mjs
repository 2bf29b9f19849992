import assert from "node:assert/strict";
import { test } from "node:test";

import "./words.mjs";
import { readAddress, writeAddress } from "../../static/js/board/address.js";
import {
  choicesOf,
  isEmpty,
  noFilters,
  readFilters,
  tester,
  toggled,
  writeFilters,
} from "../../static/js/board/filters.js";
import { shortened } from "../../static/js/board/filter-menu.js";
import { totalsOf } from "../../static/js/board/scoped-totals.js";
import { readCall } from "../../static/js/live/store.js";
import { at, ended, row, T0 } from "./rows.mjs";

const passes = (call, filters) => tester({ ...noFilters(), ...filters }, T0)(readCall(call));

test("filters survive the way into the URL and back", () => {
  const filters = {
    ...noFilters(),
    q: "asha 0101",
    group: ["Sales & more", "-"],
    state: ["lost"],
    outcome: ["missed"],
  };
  assert.deepEqual(readFilters(writeFilters(filters)), filters);
});

test("no filters leave no trace in the URL, and other parameters stay", () => {
  assert.equal(writeFilters(noFilters()), "");
  assert.equal(writeFilters(noFilters(), "?call=7&group=Sales"), "?call=7");
});

test("the open call and the view are part of the address", () => {
  const address = { filters: { ...noFilters(), group: ["Sales"] }, view: "groups", call: 12 };
  assert.deepEqual(readAddress(writeAddress(address)), address);
  assert.equal(readAddress("?call=x1").call, null);
  assert.equal(readAddress("?call=-3").call, null);
});

test("choices of one facet widen, facets together narrow", () => {
  assert.equal(passes(row({ group: "Support" }), { group: ["Sales", "Support"] }), true);
  assert.equal(passes(row({ group: "Support" }), { group: ["Support"], direction: ["outgoing"] }), false);
});

test("a call without group or agent is found by the dash", () => {
  assert.equal(passes(row({ group: null }), { group: ["-"] }), true);
  assert.equal(passes(row({ group: "Sales" }), { group: ["-"] }), false);
  assert.equal(passes(row(), { agent: ["-"] }), true);
});

test("states narrow live calls only, outcomes completed ones only", () => {
  assert.equal(passes(ended(), { state: ["ringing"] }), true);
  assert.equal(passes(row(), { outcome: ["missed"] }), true);
  assert.equal(passes(row({ state: "talking" }), { state: ["ringing"] }), false);
  assert.equal(passes(ended({ outcome: "missed" }), { outcome: ["answered"] }), false);
});

test("lost track is a state of its own", () => {
  const lost = row({ state: "talking", lost_track_at: at(-1) });
  assert.equal(passes(lost, { state: ["lost"] }), true);
  assert.equal(passes(lost, { state: ["talking"] }), false);
});

test("numbers are found as people write them", () => {
  for (const q of ["90000 00101", "090000-00101", "+91 90000 00101", "0101", "0120"]) {
    assert.equal(passes(row({ virtual_number: "+911200000301" }), { q }), true, q);
  }
  assert.equal(passes(row(), { q: "90000 00102" }), false);
});

test("every word of a search must be found somewhere", () => {
  const call = row({ agent_name: "Asha Verma", group: "Sales" });
  assert.equal(passes(call, { q: "asha SALES" }), true);
  assert.equal(passes(call, { q: "asha support" }), false);
});

test("choices count live calls that the other filters let through, and keep what is chosen", () => {
  const calls = [
    row({ group: "Sales" }),
    row({ group: "Sales", direction: "outgoing" }),
    row({ group: "Support" }),
    ended(),
  ].map(readCall);
  const filters = { ...noFilters(), direction: ["incoming"], group: ["Billing"] };
  assert.deepEqual(choicesOf("group", calls, filters, T0), [
    { value: "Billing", count: 0 },
    { value: "Sales", count: 1 },
    { value: "Support", count: 1 },
  ]);
  assert.deepEqual(choicesOf("outcome", calls, noFilters(), T0)[0], { value: "answered", count: 1 });
});

test("states and outcomes are listed on a board without calls, who waits first", () => {
  const listed = (facet) => choicesOf(facet, [], noFilters(), T0).map(({ value }) => value);
  assert.deepEqual(listed("state"), ["waiting", "ivr", "dialing", "ringing", "talking", "lost"]);
  assert.ok(listed("outcome").includes("missed") && listed("outcome").includes("failed"));
  assert.deepEqual(listed("agent"), []);
});

test("a caller who waits is found as waiting and by where they wait", () => {
  const waiting = row({ state: "ringing", direction: "incoming" });
  assert.equal(passes(waiting, { state: ["waiting"] }), true);
  assert.equal(passes(waiting, { state: ["ringing"] }), true);
  assert.equal(passes(row({ state: "ringing", direction: "outgoing" }), { state: ["waiting"] }), false);
  const counts = choicesOf("state", [readCall(waiting)], noFilters(), T0).filter(({ count }) => count);
  assert.deepEqual(counts, [
    { value: "waiting", count: 1 },
    { value: "ringing", count: 1 },
  ]);
});

test("search finds the words on the screen, not those of the protocol", () => {
  const live = row({ state: "ivr", direction: "incoming" });
  for (const q of ["incoming", "menu", "in MENU", "waiting"]) assert.equal(passes(live, { q }), true, q);
  assert.equal(passes(row({ state: "dialing", direction: "outgoing" }), { q: "dialling" }), true);
  const missed = ended({ outcome: "customer_missed", direction: "outgoing", reason: "rang_out" });
  for (const q of ["no answer", "outgoing", "nobody picked up"]) assert.equal(passes(missed, { q }), true, q);
  assert.equal(passes(missed, { q: "customer_missed" }), false);
  assert.equal(passes(row({ state: "talking", lost_track_at: at(-1) }), { q: "lost track" }), true);
});

test("a menu of thousands shows fifty, those chosen first, and finds the others", () => {
  const choices = Array.from({ length: 2000 }, (_, n) => ({ value: `Agent ${n}`, count: 1 }));
  const wordOf = (value) => value;
  const { shown, left } = shortened(choices, ["Agent 1999"], "", wordOf);
  assert.deepEqual([shown.length, left, shown[0].value], [50, 1950, "Agent 1999"]);
  assert.deepEqual(
    shortened(choices, [], "agent 1234", wordOf).shown.map(({ value }) => value),
    ["Agent 1234"],
  );
});

test("the strip of some groups counts their live calls, and today's figures as the server has them", () => {
  const calls = [
    row({ group: "Sales", began_at: at(-70) }),
    row({ group: null, state: "talking" }),
    row({ group: "Sales", lost_track_at: at(-1) }),
  ].map(readCall);
  const today = new Map([
    ["Sales", { answered_today: 4, missed_today: 1 }],
    ["-", { answered_today: 2 }],
    ["Support", { answered_today: 90 }],
  ]);
  const totals = totalsOf(["Sales", "-"], calls, today, { day: "2030-01-15", live: 99 }, T0);
  assert.deepEqual(
    [totals.live, totals.waiting, totals.talking, totals.lost_track, totals.longest_waiting_since],
    [2, 1, 1, 1, at(-70)],
  );
  assert.deepEqual([totals.answered_today, totals.missed_today, totals.failed_today], [6, 1, 0]);
});

test("a choice is taken and given back", () => {
  const chosen = toggled(noFilters(), "group", "Sales");
  assert.deepEqual(chosen.group, ["Sales"]);
  assert.equal(isEmpty(chosen), false);
  assert.equal(isEmpty(toggled(chosen, "group", "Sales")), true);
});
