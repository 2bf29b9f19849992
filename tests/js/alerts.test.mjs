import assert from "node:assert/strict";
import { test } from "node:test";

import { Chime } from "../../static/js/board/chime.js";
import { Notifier } from "../../static/js/board/notifier.js";
import { Host } from "./host.mjs";

/** An AudioContext that counts its tones; `state` is what it is after a click. */
function audio(state = "running") {
  const gain = { setValueAtTime() {}, linearRampToValueAtTime() {} };
  const told = { tones: 0 };
  const node = { frequency: {}, gain, connect: (next) => next, start: () => told.tones++, stop() {} };
  const context = {
    state,
    currentTime: 0,
    resume: async () => {},
    createOscillator: () => node,
    createGain: () => node,
  };
  return [told, () => context];
}

test("nothing is heard before a click, and then at most one sound in fifteen seconds", async () => {
  const host = new Host();
  const [told, make] = audio();
  const chime = new Chime(make, host);
  chime.ring();
  assert.equal(told.tones, 0);
  assert.equal(await chime.toggle(), true);
  assert.equal(told.tones, 2, "that it is on is heard");
  host.pass(14_999);
  chime.ring();
  assert.equal(told.tones, 2);
  host.pass(1);
  chime.ring();
  assert.equal(told.tones, 4);
  assert.equal(await chime.toggle(), false);
  host.pass(60_000);
  chime.ring();
  assert.equal(told.tones, 4);
});

test("a browser that makes no sound says so", async () => {
  assert.equal(await new Chime(audio("suspended")[1], new Host()).toggle(), false);
  const missing = () => {
    throw new Error("no sound here");
  };
  assert.equal(await new Chime(missing, new Host()).toggle(), false);
});

/** The browser's notifications, whose owner answers so when asked. */
function desk(permission, answer = permission) {
  const kept = new Map();
  const shown = [];
  class Api {
    static permission = permission;
    static async requestPermission() {
      Api.permission = answer;
      return answer;
    }
    constructor(title, options) {
      shown.push([title, options.body, options.tag]);
    }
  }
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  return { notifier: new Notifier(Api, storage), again: () => new Notifier(Api, storage), shown };
}

test("notifications come after a click and the browser's leave, are remembered, and can be turned off", async () => {
  const { notifier, again, shown } = desk("default", "granted");
  notifier.tell("a", "b", () => {});
  assert.deepEqual([notifier.state, shown], ["off", []]);
  assert.equal(await notifier.toggle(), "on");
  notifier.tell("Callboard", "Sales: too long", () => {});
  assert.deepEqual(shown, [["Callboard", "Sales: too long", "callboard-attention"]]);
  assert.equal(again().state, "on");
  assert.equal(await notifier.toggle(), "off");
});

test("leave that the browser has, and nobody asked for here, shows nothing; refused is refused", async () => {
  assert.equal(desk("granted").notifier.state, "off");
  const { notifier } = desk("default", "denied");
  assert.equal(await notifier.toggle(), "refused");
  assert.equal(new Notifier(undefined, null).state, "missing");
});
