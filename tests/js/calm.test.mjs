import assert from "node:assert/strict";
import { test } from "node:test";

import { ASK_MS, Calm, FINGER_MS, REST_MS } from "../../static/js/board/calm.js";
import { Host } from "./host.mjs";

/** Two lists on a page, and a hand. */
function desk() {
  const host = new Host();
  const [live, completed, page] = [new EventTarget(), new EventTarget(), new EventTarget()];
  const calm = new Calm([live, completed], page, host);
  const sign = (target, type, given = {}) => target.dispatchEvent(Object.assign(new Event(type), given));
  const pass = (ms) => {
    host.pass(ms);
    calm.tick();
  };
  return { calm, live, completed, page, sign, pass };
}

test("a pointer holds its own list, and no other, until it leaves", () => {
  const { calm, live, completed, sign } = desk();
  sign(live, "pointerenter", { pointerType: "mouse" });
  assert.deepEqual([calm.holds(live), calm.holds(completed)], [true, false]);
  sign(live, "pointerleave");
  assert.equal(calm.holds(live), false);
});

test("a pointer that rests for a minute is no hand, and becomes one again when it moves", () => {
  const { calm, completed, sign, pass } = desk();
  sign(completed, "pointermove", { pointerType: "mouse" });
  pass(REST_MS - 1);
  assert.equal(calm.holds(completed), true);
  pass(1);
  assert.equal(calm.holds(completed), false);
  sign(completed, "pointermove", { pointerType: "mouse" });
  assert.equal(calm.holds(completed), true);
});

test("a finger holds the list while it is on the glass and for a while after", () => {
  const { calm, live, sign, pass } = desk();
  sign(live, "touchstart");
  sign(live, "touchend");
  pass(FINGER_MS - 1);
  assert.equal(calm.holds(live), true);
  pass(1);
  assert.equal(calm.holds(live), false);
});

test("a list that is scrolled away from its top holds still, and no longer at its top", () => {
  const { calm, completed, sign } = desk();
  sign(completed, "scrolled", { detail: 40 });
  assert.equal(calm.holds(completed), true);
  sign(completed, "scrolled", { detail: 0 });
  assert.equal(calm.holds(completed), false);
});

test("an open call holds every list as long as somebody gives a sign anywhere", () => {
  const { calm, live, completed, page, sign, pass } = desk();
  calm.select(true);
  pass(REST_MS - 1);
  sign(page, "keydown");
  pass(REST_MS - 1);
  assert.deepEqual([calm.holds(live), calm.holds(completed)], [true, true]);
  pass(1);
  assert.deepEqual([calm.holds(live), calm.holds(completed)], [false, false]);
});

test("whoever listens is told when a hold ends by itself", () => {
  const { calm, live, sign, pass } = desk();
  sign(live, "walk");
  let told = 0;
  calm.addEventListener("change", () => told++);
  pass(REST_MS - 1);
  assert.equal(told, 0);
  pass(1);
  assert.equal(told, 1);
});

test("a frozen board says for how long, asks after five minutes, and goes on if nobody is there", () => {
  const { calm, live, pass } = desk();
  calm.freeze(true);
  pass(ASK_MS - 1);
  assert.deepEqual([calm.holds(live), calm.frozenFor, calm.asks], [true, ASK_MS - 1, false]);
  pass(1);
  assert.equal(calm.asks, true);
  pass(REST_MS - 1);
  assert.equal(calm.frozen, true);
  pass(1);
  assert.deepEqual([calm.frozen, calm.asks, calm.holds(live)], [false, false, false]);
});

test("a frozen board asks again five minutes after it was told that somebody reads", () => {
  const { calm, pass } = desk();
  calm.freeze(true);
  pass(ASK_MS);
  calm.confirm();
  assert.equal(calm.asks, false);
  pass(ASK_MS);
  assert.deepEqual([calm.frozen, calm.asks, calm.frozenFor], [true, true, 2 * ASK_MS]);
});

test("a question that a hand could still answer does not end the freeze", () => {
  const { calm, page, sign, pass } = desk();
  calm.freeze(true);
  pass(ASK_MS + REST_MS - 1);
  sign(page, "pointermove");
  pass(REST_MS - 1);
  assert.equal(calm.frozen, true);
});
