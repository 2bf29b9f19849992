import assert from "node:assert/strict";
import { test } from "node:test";

import { Freshness, FRESH_MS } from "../../static/js/wall/freshness.js";
import { shiftAt } from "../../static/js/wall/shift.js";
import { waitLevel } from "../../static/js/wall/waiting.js";

const SERVER = Date.UTC(2026, 10, 28, 6, 0, 0);

test("a screen is current for ten seconds after a new answer, and before the first it is not", () => {
  const fresh = new Freshness();
  assert.equal(fresh.isFresh(0, 0), false);
  assert.equal(fresh.hear(SERVER, 1_000, 5_000), true);
  assert.equal(fresh.isFresh(1_000 + FRESH_MS - 1, 5_000), true);
  assert.equal(fresh.isFresh(1_000 + FRESH_MS, 5_000), false);
});

test("an answer that repeats itself is no news", () => {
  const fresh = new Freshness();
  fresh.hear(SERVER, 0, 0);
  assert.equal(fresh.hear(SERVER, 9_000, 9_000), false);
  assert.equal(fresh.isFresh(FRESH_MS, FRESH_MS), false);
});

test("a screen that slept is not current, whichever of its clocks stood still", () => {
  const fresh = new Freshness();
  fresh.hear(SERVER, 0, 0);
  assert.equal(fresh.isFresh(10, 60_000), false);
  assert.equal(fresh.isFresh(60_000, 10), false);
});

test("the time is the server's, also where the screen's own clock is put back", () => {
  const fresh = new Freshness();
  fresh.hear(SERVER, 1_000, 0);
  assert.equal(fresh.now(3_500, 2_500), SERVER + 2_500);
  assert.equal(fresh.now(3_500, -7_200_000), SERVER + 2_500);
  assert.equal(fresh.server, SERVER);
});

test("the picture stands elsewhere each minute, a few px around its place, and comes back", () => {
  const places = Array.from({ length: 18 }, (_, minute) => shiftAt(SERVER + 60_000 * minute));
  assert.equal(new Set(places).size, 9);
  assert.deepEqual(places.slice(9), places.slice(0, 9));
  for (const place of places) assert.match(place, /^(-4|0|4)px (-4|0|4)px$/);
  assert.equal(shiftAt(SERVER + 59_999), shiftAt(SERVER));
});

test("a wait is long by the limits of all, and sooner where a group's callers give up sooner", () => {
  const moment = (seconds) => new Date(SERVER + 1_000 * seconds).toISOString();
  const levels = (told) => [19, 20, 44, 45, 60, 90].map((seconds) => waitLevel(told, SERVER + 1_000 * seconds));
  const waits = { waiting_since: moment(0), waits_long_from: null, waits_too_long_from: null };

  assert.deepEqual(levels(waits), ["fine", "fine", "fine", "warn", "warn", "alarm"]);
  const hasty = { ...waits, waits_long_from: moment(20), waits_too_long_from: moment(60) };
  assert.deepEqual(levels(hasty), ["fine", "warn", "warn", "warn", "alarm", "alarm"]);
  assert.equal(waitLevel({ ...waits, waiting_since: null }, SERVER), "fine");
});
