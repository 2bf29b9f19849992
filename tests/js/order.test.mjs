import assert from "node:assert/strict";
import { test } from "node:test";

import { summarize } from "../../static/js/board/groups.js";
import { Order } from "../../static/js/board/order.js";
import { readCall } from "../../static/js/live/store.js";
import { at, ended, row, T0 } from "./rows.mjs";

const NOW = T0 + 60_000;
const waiting = (id, seconds) => readCall(row({ id, began_at: at(seconds) }));
const talking = (id, seconds) => readCall(row({ id, state: "talking", answered_at: at(seconds) }));
const ids = (rows) => rows.map((call) => call.id);

test("waiting first by longest wait, then ringing, then talking by length, lost track last", () => {
  const calls = [
    readCall(row({ id: 1, lost_track_at: at(5) })),
    talking(2, 30),
    talking(3, 10),
    readCall(row({ id: 4, direction: "outgoing" })),
    waiting(5, 40),
    waiting(6, 20),
  ];
  assert.deepEqual(ids(new Order().rows(calls, NOW)), [6, 5, 4, 3, 2, 1]);
});

test("while held nothing moves: new calls come last, those that left stay and are marked", () => {
  const order = new Order();
  order.rows([waiting(1, 10), waiting(2, 20)], NOW);
  order.hold(true);
  const over = readCall(ended({ id: 1 }));
  const rows = order.rows([waiting(2, 20), waiting(3, 0)], NOW, (id) => (id === 1 ? over : null));
  assert.deepEqual(ids(rows), [1, 2, 3]);
  assert.deepEqual([rows[0].left, rows[0].outcome], [true, "answered"]);
  assert.equal(order.pending, 2);
});

test("while held a call's own news are shown where it stands", () => {
  const order = new Order();
  order.rows([waiting(1, 10), waiting(2, 20)], NOW);
  order.hold(true);
  const rows = order.rows([talking(1, 50), waiting(2, 20)], NOW);
  assert.deepEqual([ids(rows), rows[0].state, order.pending], [[1, 2], "talking", 1]);
});

test("released, everything falls into place", () => {
  const order = new Order();
  order.rows([waiting(1, 10), waiting(2, 20)], NOW);
  order.hold(true);
  order.rows([talking(1, 50), waiting(2, 20)], NOW);
  order.hold(false);
  assert.deepEqual(ids(order.rows([talking(1, 50), waiting(2, 20)], NOW)), [2, 1]);
  assert.equal(order.pending, 0);
});

test("groups are summed with the longest wait on top", () => {
  const sums = summarize(
    [
      waiting(1, 20),
      readCall(row({ group: "Support", began_at: at(5) })),
      talking(3, 1),
      readCall(row({ lost_track_at: at(1) })),
    ],
    NOW,
  );
  assert.deepEqual(
    sums.map(({ group, live, waiting: n, talking: t, lost }) => [group, live, n, t, lost]),
    [
      ["Support", 1, 1, 0, 0],
      ["Sales", 2, 1, 1, 1],
    ],
  );
});
