import assert from "node:assert/strict";
import { test } from "node:test";

import { Attention, chanceOf } from "../../static/js/board/attention.js";
import { whyOf } from "../../static/js/board/band.js";
import { Snoozed } from "../../static/js/board/snooze.js";
import { levelAt } from "../../static/js/live/levels.js";
import { readCall } from "../../static/js/live/store.js";
import { Host } from "./host.mjs";
import { at, row, T0 } from "./rows.mjs";
import "./words.mjs";

const FAR = at(100_000);
/** A caller who has waited so many seconds at T0. */
const caller = (id, seconds, given = {}) => readCall(row({ id, began_at: at(-seconds), lost_track_at: FAR, ...given }));
const talker = (id, seconds, given = {}) =>
  caller(id, seconds, { state: "talking", answered_at: at(-seconds), ...given });
const keys = ({ lines }) => lines.map(({ key }) => key);

/** Of Sales a tenth gives up by 20 s, a quarter by 30 s; whoever has waited 40 s is likely to go. */
const patience = {
  next_seconds: 30,
  step_seconds: 5,
  groups: {
    Sales: { clock: "p", allowance: 0, long_wait: 20, too_long: 30, chances: [5, 5, 5, 5, 10, 20, 30, 40, 80, 10] },
  },
};

test("nothing needs attention while nobody waits for long", () => {
  const told = new Attention().look({ calls: [caller(1, 44), talker(2, 899)] }, T0);
  assert.deepEqual([told.lines, told.all, told.snoozed], [[], 0, 0]);
});

test("a level is raised at one limit and cleared at a lower one", () => {
  const bounds = { warn: [45, 40], alarm: [90, 80] };
  const levels = [44, 45, 41, 40, 39, 44, 90, 81, 79, 39];
  let before = "fine";
  const told = levels.map((value) => (before = levelAt(value, bounds, before)));
  assert.deepEqual(told, ["fine", "warn", "warn", "warn", "fine", "fine", "alarm", "alarm", "warn", "fine"]);
});

test("without a group's patience callers are ranked by age, over groups", () => {
  const calls = [caller(1, 50), caller(2, 95, { group: "Support" }), caller(3, 70, { group: null })];
  const { lines } = new Attention().look({ calls }, T0);
  assert.deepEqual(
    lines.map(({ key, level }) => [key, level]),
    [
      ["call:2", "alarm"],
      ["call:3", "warn"],
      ["call:1", "warn"],
    ],
  );
});

test("lists and strip say of a wait what the band says: by the limits of all, and by those of its group", () => {
  const attention = new Attention();
  const calls = [caller(1, 25), caller(2, 31), caller(3, 31, { group: "Support" }), caller(4, 19)];
  attention.look({ calls, patience }, T0);
  assert.deepEqual(
    [1, 2, 3, 4].map((id) => attention.waitLevelOf(id)),
    ["warn", "alarm", "fine", "fine"],
  );
  assert.equal(attention.waitLevel, "alarm");
  attention.look({ calls: [calls[2]], patience }, T0);
  assert.deepEqual([attention.waitLevelOf(2), attention.waitLevel], ["fine", "fine"]);
});

test("who called before has a line at once, and no longer wait for it", () => {
  const attention = new Attention();
  const returning = { 1: { calls: 3, lost: 2, lost_at: at(-600) } };
  for (const seconds of [1, 41, 44]) {
    const { lines } = attention.look({ calls: [caller(1, seconds)], returning }, T0);
    assert.deepEqual([lines[0].early, attention.waitLevelOf(1)], [true, "fine"]);
  }
  attention.look({ calls: [caller(1, 45)], returning }, T0);
  assert.equal(attention.waitLevelOf(1), "warn");
});

test("a group's own curve says who is closest to being lost, not the age", () => {
  const calls = [caller(1, 60), caller(2, 42), caller(3, 95, { group: "Support" })];
  const { lines } = new Attention().look({ calls, patience }, T0);
  assert.deepEqual(keys({ lines }), ["call:2", "call:3", "call:1"]);
  assert.equal(lines[0].chance.share, 0.8);
});

test("callers of an impatient group are told sooner, and by the group's own clock", () => {
  const look = (groups, ...calls) => keys(new Attention().look({ calls, patience: { ...patience, groups } }, T0));
  assert.deepEqual(look(patience.groups, caller(1, 21), caller(2, 21, { group: "Support" })), ["call:1"]);
  const allowed = { Sales: { ...patience.groups.Sales, allowance: 10 } };
  assert.deepEqual(look(allowed, caller(1, 29), caller(2, 30)), ["call:2"]);
  const ringing = { Sales: { ...patience.groups.Sales, clock: "r" } };
  const rings = (id, seconds) => caller(id, 40, { ringing_at: at(-seconds) });
  assert.deepEqual(look(ringing, rings(1, 19), rings(2, 20), caller(3, 40)), ["call:2"]);
});

test("beyond what is known the last chance goes on", () => {
  assert.equal(chanceOf(caller(1, 4_000), patience.groups.Sales, T0, 5), 0.1);
});

test("who was lost before and calls again is told at once, with why", () => {
  const returning = { 1: { calls: 2, lost: 1, lost_at: at(-3600) }, 2: { calls: 2, lost: 0, lost_at: null } };
  const { lines } = new Attention().look({ calls: [caller(1, 1), caller(2, 3), caller(3, 30)], returning }, T0);
  assert.deepEqual(keys({ lines }), ["call:1", "call:2"]);
  assert.deepEqual(lines[0].again, { calls: 2, lost: 1, lostAt: T0 - 3_600_000 });
  assert.deepEqual([lines[0].level, lines[0].early], ["warn", true]);
});

test("three callers of a group are one line, and stay one until one is left", () => {
  const attention = new Attention();
  const calls = [caller(1, 50), caller(2, 60), caller(3, 95), caller(4, 5)];
  const { lines } = attention.look({ calls }, T0);
  assert.deepEqual(keys({ lines }), ["group:Sales"]);
  assert.deepEqual(lines[0].pool, { group: "Sales", waiting: 4, late: 1, again: 0 });
  assert.deepEqual([lines[0].call.id, lines[0].since, lines[0].level], [3, T0 - 95_000, "alarm"]);
  assert.deepEqual(keys(attention.look({ calls: calls.slice(0, 2) }, T0)), ["group:Sales"]);
  assert.deepEqual(keys(attention.look({ calls: calls.slice(0, 1) }, T0)), ["call:1"]);
  assert.deepEqual(keys(attention.look({ calls: calls.slice(0, 2) }, T0)), ["call:2", "call:1"]);
});

test("a group that is about to lose several comes before one caller of another", () => {
  const many = [1, 2, 3].map((id) => caller(id, 50, { group: "Support" }));
  assert.deepEqual(keys(new Attention().look({ calls: [caller(9, 100, { group: "Billing" }), ...many] }, T0)), [
    "group:Support",
    "call:9",
  ]);
});

test("lines trade places only when one is clearly closer to being lost", () => {
  const attention = new Attention();
  const groups = (share) => ({
    ...patience,
    groups: { A: { ...patience.groups.Sales, chances: [50] }, B: { ...patience.groups.Sales, chances: [share] } },
  });
  const calls = [caller(1, 60, { group: "A" }), caller(2, 60, { group: "B" })];
  const look = (share) => keys(attention.look({ calls, patience: groups(share) }, T0));
  assert.deepEqual(
    [look(49), look(52), look(62), look(63)].map(([first]) => first),
    ["call:1", "call:1", "call:1", "call:2"],
  );
});

test("at most eight lines, those closest to being lost; who stands there is not pushed out for a hair", () => {
  const attention = new Attention();
  const calls = Array.from({ length: 12 }, (_, at) => caller(at + 1, 60 + at, { group: `G${at}` }));
  const told = attention.look({ calls }, T0);
  assert.deepEqual([told.lines.length, told.all, told.more], [8, 12, 4]);
  assert.deepEqual(
    keys(told),
    [12, 11, 10, 9, 8, 7, 6, 5].map((id) => `call:${id}`),
  );
  const later = attention.look({ calls: [...calls, caller(20, 66.5, { group: "New" })] }, T0);
  assert.deepEqual(keys(later), keys(told));
  const worse = attention.look({ calls: [...calls, caller(20, 600, { group: "New" })] }, T0);
  assert.equal(keys(worse)[0], "call:20");
});

test("long rings and talks, silence and lost track have lines of their own, behind the callers", () => {
  const lost = [1, 2, 3].map((id) => caller(id, 900, { lost_track_at: at(-id) }));
  const outgoing = caller(4, 50, { direction: "outgoing", state: "dialing" });
  const calls = [...lost, outgoing, talker(5, 1_000), talker(6, 2_000), caller(7, 50)];
  const { lines } = new Attention().look({ calls, silentSince: T0 - 1_200_000 }, T0);
  assert.deepEqual(keys({ lines }), ["silence", "call:7", "call:4", "lost", "call:6", "call:5"]);
  assert.deepEqual(
    lines.map(({ level }) => level),
    ["alarm", "warn", "warn", "warn", "alarm", "warn"],
  );
  assert.deepEqual([lines[3].count, lines[3].call.id], [3, 3]);
});

test("a source that is silent has a line of its own, unless nobody delivers at all", () => {
  const silentSources = [{ source: "Delhi", since: at(-1_200) }];
  const { lines } = new Attention().look({ calls: [], silentSources }, T0);
  assert.deepEqual([keys({ lines }), lines[0].since, lines[0].level], [["silence:Delhi"], T0 - 1_200_000, "alarm"]);
  assert.match(whyOf(lines[0], T0), /no delivery of Delhi/);
  const all = new Attention().look({ calls: [], silentSince: T0 - 1_200_000, silentSources }, T0);
  assert.deepEqual(keys(all), ["silence"]);
});

test("who is in doubt talks to nobody for long", () => {
  const calls = [talker(1, 4_000, { flags: ["agent_elsewhere"] })];
  assert.deepEqual(keys(new Attention().look({ calls }, T0)), []);
});

test("lost track is raised by three calls and cleared by one", () => {
  const attention = new Attention();
  const lost = [1, 2, 3].map((id) => caller(id, 900, { lost_track_at: at(-id) }));
  const counts = [2, 3, 2, 1, 2].map((number) => attention.look({ calls: lost.slice(0, number) }, T0).all);
  assert.deepEqual(counts, [0, 1, 1, 0, 0]);
});

test("only what becomes an alarm is raised, and nothing that a board begins with", () => {
  const attention = new Attention();
  const calls = [caller(1, 100), caller(2, 80, { group: "Support" })];
  const raised = (now) => attention.look({ calls }, now).raised.map(({ key }) => key);
  assert.deepEqual(raised(T0), []);
  assert.deepEqual(raised(T0 + 9_000), []);
  assert.deepEqual(raised(T0 + 10_000), ["call:2"]);
  assert.deepEqual(raised(T0 + 11_000), []);
});

test("a line is snoozed for its time, a group with all its callers, and another tab knows", () => {
  const host = new Host();
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  const [snoozed, other] = [new Snoozed(storage, host), new Snoozed(storage, host)];
  const calls = [caller(1, 50), caller(2, 60), caller(3, 70, { group: "Support" })];
  const look = (by) => new Attention().look({ calls, isSnoozed: (key) => by.has(key) }, T0);
  snoozed.put("call:3", 300_000);
  assert.deepEqual([keys(look(snoozed)), look(snoozed).snoozed], [["call:2", "call:1"], 1]);
  snoozed.put("group:Sales", 900_000);
  assert.deepEqual(keys(look(snoozed)), []);
  assert.deepEqual(keys(look(other)).length, 3);
  other.read();
  assert.deepEqual(keys(look(other)), []);
  host.pass(300_000);
  assert.deepEqual(keys(look(other)), ["call:3"]);
  other.clear();
  assert.deepEqual(keys(look(other)).length, 3);
});

test("a browser that keeps nothing, or something else, snoozes all the same", () => {
  for (const storage of [null, { getItem: () => "[1", setItem: () => assert.fail }]) {
    const snoozed = new Snoozed(storage, new Host());
    snoozed.put("lost", 1_000);
    assert.equal(snoozed.has("lost"), true);
  }
});
