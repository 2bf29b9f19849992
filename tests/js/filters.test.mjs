import assert from "node:assert/strict";
import { test } from "node:test";

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
  assert.deepEqual(choicesOf("outcome", calls, noFilters(), T0), [{ value: "answered", count: 1 }]);
});

test("a choice is taken and given back", () => {
  const chosen = toggled(noFilters(), "group", "Sales");
  assert.deepEqual(chosen.group, ["Sales"]);
  assert.equal(isEmpty(chosen), false);
  assert.equal(isEmpty(toggled(chosen, "group", "Sales")), true);
});
