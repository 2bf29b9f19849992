import assert from "node:assert/strict";
import { test } from "node:test";

import { summarize } from "../../static/js/board/groups.js";
import { arrange, longestRise, Order } from "../../static/js/board/order.js";
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
  assert.deepEqual(ids(arrange(calls, NOW)), [6, 5, 4, 3, 2, 1]);
});

const settled = (calls, given) => {
  const order = new Order(given);
  order.rows(calls, false);
  return order;
};

test("while held nothing moves: new calls come last, those that left stay and are marked", () => {
  const order = settled([waiting(1, 10), waiting(2, 20)]);
  const over = readCall(ended({ id: 1 }));
  const wanted = [waiting(3, 0), waiting(2, 20)];
  const rows = order.rows(wanted, true, (id) => (id === 1 ? over : null));
  assert.deepEqual(ids(rows), [1, 2, 3]);
  assert.deepEqual([rows[0].left, rows[0].outcome], [true, "answered"]);
  assert.deepEqual([order.moves, ids(order.arrived)], [2, [3]]);
  assert.deepEqual(ids(order.rows(wanted, true)), [1, 2, 3]);
  assert.deepEqual([order.moves, ids(order.arrived)], [2, [3]], "who came is new until the list is let go");
});

test("a list that does not append keeps its rows and counts what waits", () => {
  const order = settled([waiting(1, 10), waiting(2, 20)], { appends: false });
  const rows = order.rows([waiting(4, 0), waiting(3, 0), waiting(1, 10), waiting(2, 20)], true);
  assert.deepEqual(
    [ids(rows), ids(order.arrived)],
    [
      [1, 2],
      [4, 3],
    ],
  );
});

test("while held a call's own news are shown where it stands", () => {
  const order = settled([waiting(1, 10), waiting(2, 20)]);
  const rows = order.rows([waiting(2, 20), talking(1, 50)], true);
  assert.deepEqual([ids(rows), rows[0].state, order.moves], [[1, 2], "talking", 1]);
});

test("released, everything falls into place", () => {
  const order = settled([waiting(1, 10), waiting(2, 20)]);
  order.rows([talking(1, 50), waiting(2, 20)], true);
  assert.deepEqual(ids(order.rows([waiting(2, 20), talking(1, 50)], false)), [2, 1]);
  assert.deepEqual([order.moves, order.arrived], [0, []]);
});

test("moves are the fewest rows that would have to change their place", () => {
  assert.equal(longestRise([]), 0);
  assert.equal(longestRise([0, 1, 2]), 3);
  assert.equal(longestRise([3, 0, 1, 2]), 3);
  assert.equal(longestRise([2, 1, 0]), 1);
  assert.equal(longestRise([4, 0, 5, 1, 6, 2]), 3);
});

test("groups that are known keep a row without a call, at the end", () => {
  const sums = summarize([waiting(1, 20)], NOW, ["Billing", "Sales"]);
  assert.deepEqual(
    sums.map(({ group, live }) => [group, live]),
    [
      ["Sales", 1],
      ["Billing", 0],
    ],
  );
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
