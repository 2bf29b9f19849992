import assert from "node:assert/strict";
import { test } from "node:test";

import { summarize } from "../../static/js/board/groups.js";
import { totalsOf } from "../../static/js/board/scoped-totals.js";
import { CallStore, isLost, isWaiting, readCall } from "../../static/js/live/store.js";
import { at, changed, ended, heartbeat, row, snapshot, T0 } from "./rows.mjs";

function storeWith(...calls) {
  const store = new CallStore();
  store.take(snapshot(calls));
  return store;
}

test("a row replaces the one with its id", () => {
  const store = storeWith(row({ id: 1, seq: 5 }));
  store.take(changed([row({ id: 1, seq: 6, state: "talking" })]));
  assert.equal(store.get(1).state, "talking");
});

test("an older row is not taken over", () => {
  const store = storeWith(row({ id: 1, seq: 6, state: "talking" }));
  store.take(changed([row({ id: 1, seq: 5, state: "ringing" })]));
  assert.equal(store.get(1).state, "talking");
});

test("the first part of a snapshot replaces everything known, the others add", () => {
  const store = storeWith(row({ id: 1, seq: 5 }));
  store.take(snapshot([row({ id: 2 })], { part: 1, parts: 2 }));
  assert.equal(store.whole, false);
  store.take(snapshot([row({ id: 3 })], { part: 2, parts: 2 }));
  assert.equal(store.whole, true);
  assert.deepEqual(
    store.live().map((call) => call.id),
    [2, 3],
  );
});

test("a later part does not undo a change that came in between", () => {
  const store = new CallStore();
  store.take(snapshot([], { part: 1, parts: 2 }));
  store.take(changed([row({ id: 1, seq: 9, state: "talking" })]));
  store.take(snapshot([row({ id: 1, seq: 7 })], { part: 2, parts: 2 }));
  assert.equal(store.get(1).state, "talking");
});

test("what is gone is gone", () => {
  const store = storeWith(row({ id: 1 }), ended({ id: 2 }));
  assert.equal(store.completed().length, 1);
  store.take(changed([], { gone: [1, 2] }));
  assert.deepEqual([store.live(), store.completed()], [[], []]);
});

test("a call that ends is told of once, and leads the completed", () => {
  const store = storeWith(row({ id: 1 }), ended({ id: 2, ended_at: at(10) }));
  const { ended: told } = store.take(changed([ended({ id: 1, seq: 500, ended_at: at(20) })]));
  assert.deepEqual(told, [1]);
  assert.deepEqual(
    store.completed().map((call) => call.id),
    [1, 2],
  );
  assert.deepEqual(store.take(changed([ended({ id: 1, seq: 501, ended_at: at(20) })])).ended, []);
});

test("a heartbeat that agrees asks for nothing", () => {
  const store = storeWith(row({ id: 1, seq: 40 }), row({ id: 2, seq: 2 }), ended({ id: 3 }));
  assert.equal(store.take(heartbeat({ live_count: 2, live_seq_sum: 42 })).sync, false);
});

test("a heartbeat that differs at the same number starts over", () => {
  const store = storeWith(row({ id: 1, seq: 40 }));
  assert.equal(store.take(heartbeat({ live_count: 1, live_seq_sum: 41 })).sync, true);
});

test("a heartbeat that differs at later numbers has to repeat itself", () => {
  const store = storeWith(row({ id: 1, seq: 40 }));
  assert.equal(store.take(heartbeat({ seq: 101, live_count: 2, live_seq_sum: 41 })).sync, false);
  assert.equal(store.take(heartbeat({ seq: 102, live_count: 2, live_seq_sum: 41 })).sync, true);
});

test("a change that came late clears the doubt", () => {
  const store = storeWith(row({ id: 1, seq: 40 }));
  store.take(heartbeat({ seq: 101, live_count: 2, live_seq_sum: 141 }));
  store.take(changed([row({ id: 2, seq: 101 })]));
  assert.equal(store.take(heartbeat({ seq: 101, live_count: 2, live_seq_sum: 141 })).sync, false);
});

test("another epoch starts over", () => {
  const store = storeWith();
  assert.equal(store.take(heartbeat({ epoch: "e2" })).sync, true);
});

test("heartbeats are not compared until the snapshot is whole", () => {
  const store = new CallStore();
  store.take(snapshot([], { part: 1, parts: 2 }));
  assert.equal(store.take(heartbeat({ live_count: 9 })).sync, false);
});

test("a change before any snapshot starts over", () => {
  assert.equal(new CallStore().take(changed([row()])).sync, true);
});

test("the number never goes down within an epoch, and does with a new snapshot", () => {
  const store = storeWith();
  store.take(changed([], { seq: 90 }));
  assert.equal(store.seq, 100);
  store.take(snapshot([], { epoch: "e2", seq: 3 }));
  assert.equal(store.seq, 3);
});

test("totals stay until others come", () => {
  const store = storeWith();
  store.take(changed([]));
  assert.deepEqual(store.totals, { live: 0 });
  store.take(changed([], { totals: { live: 7 } }));
  assert.deepEqual(store.totals, { live: 7 });
});

test("a customer's earlier calls are counted by pseudonym", () => {
  const store = storeWith(ended({ customer_key: "a" }), ended({ customer_key: "a" }), ended({ customer_key: null }));
  assert.deepEqual([store.repeatsOf("a"), store.repeatsOf("b"), store.repeatsOf(null)], [2, 0, 0]);
});

test("callers without a number are not taken for one customer", () => {
  const store = storeWith(ended({ customer_key: "a", customer_number: "anonymous" }));
  assert.equal(store.repeatsOf("a"), 0);
});

test("ring attempts stand in the order in which the phones rang", () => {
  const attempt = (agent_number, seconds) => ({ agent_number, agent_name: null, state: "ringing", at: at(seconds) });
  const call = readCall(row({ ring_attempts: [attempt("a", 9), attempt("b", 3)] }));
  assert.deepEqual(
    call.attempts.map((each) => each.agent_number),
    ["b", "a"],
  );
});

test("once somebody talks no other phone is said to ring", () => {
  const attempt = (agent_number, state) => ({ agent_number, agent_name: null, state, at: at(1) });
  const call = readCall(row({ state: "talking", ring_attempts: [attempt("a", "ringing"), attempt("b", "talking")] }));
  assert.deepEqual(
    call.attempts.map((each) => each.state),
    ["not_taken", "talking"],
  );
});

test("a right that was taken back takes the calls along", () => {
  const store = storeWith(row(), ended());
  assert.equal(store.completed().length, 1);
  store.clear();
  assert.deepEqual([store.live(), store.completed(), store.totals, store.known], [[], [], null, false]);
});

test("lost track is a matter of time, and who is lost does not wait", () => {
  const call = readCall(row({ lost_track_at: at(10) }));
  assert.deepEqual([isLost(call, T0 + 9_000), isWaiting(call, T0 + 9_000)], [false, true]);
  assert.deepEqual([isLost(call, T0 + 10_000), isWaiting(call, T0 + 10_000)], [true, false]);
});

test("a step of the server's clock is known for as long as heartbeats tell it", () => {
  const store = new CallStore();
  assert.equal(store.clockStep, null);
  store.take(heartbeat({ clock_step_seconds: -7_200 }));
  assert.equal(store.clockStep, -7_200);
  store.take(heartbeat());
  assert.equal(store.clockStep, null);
});

test("a board that was not sent all live calls is not complete, and does not take that for a loss", () => {
  const store = new CallStore();
  store.take(snapshot([row({ id: 1, seq: 40 })], { left_out: 9 }));
  assert.deepEqual([store.whole, store.complete, store.leftOut], [true, false, 9]);
  assert.equal(store.take(heartbeat({ live_count: 10, live_seq_sum: 900 })).sync, false);
  assert.equal(store.take(heartbeat({ live_count: 10, live_seq_sum: 900, epoch: "another" })).sync, true);
  store.take(snapshot([row({ id: 1, seq: 40 })]));
  assert.deepEqual([store.complete, store.take(heartbeat({ live_count: 10 })).sync], [true, true]);
});

test("today's figures by group are kept up to date, and forgotten with a new snapshot", () => {
  const store = new CallStore();
  store.take(snapshot([], { groups_today: { Sales: { missed_today: 1 }, "-": { outgoing_today: 2 } } }));
  store.take(changed([], { groups_today: { Sales: { missed_today: 2, answered_today: 1 }, "-": null } }));
  assert.deepEqual([...store.today], [["Sales", { missed_today: 2, answered_today: 1 }]]);
  store.take(snapshot([], { groups_today: {} }));
  assert.equal(store.today.size, 0);
});

test("a call in doubt is live and talking in the sums of groups and of the strip", () => {
  const [doubted, sure] = [["agent_elsewhere"], []].map((flags) => readCall(row({ state: "talking", flags })));
  const [sum] = summarize([doubted, sure], T0);
  assert.deepEqual([sum.live, sum.talking, sum.lost], [2, 2, 0]);
  const totals = totalsOf(["Sales"], [doubted, sure], new Map(), {}, T0);
  assert.deepEqual([totals.live, totals.talking, totals.lost_track], [2, 2, 0]);
});
