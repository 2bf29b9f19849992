import assert from "node:assert/strict";
import { test } from "node:test";

import { figure, length, phoneParts, ordinal, timer, when } from "../../static/js/shared/format.js";
import { flagWord, OUTCOMES, reasonWord, STATES } from "../../static/js/shared/words.js";
import "./words.mjs";

test("lengths read as clocks, unknown as a dash", () => {
  assert.deepEqual([0, 7, 760, 3723].map(length), ["0:00", "0:07", "12:40", "1:02:03"]);
  assert.deepEqual([length(null), timer(NaN), timer(-5_000)], ["–", "–", "0:00"]);
});

test("phone numbers are parted for the eye, and joined they are the number", () => {
  for (const number of [
    "+919000000101",
    "+14155550100",
    "+442071838750",
    "+37255512345",
    "09000000101",
    "+91••••••0101",
  ]) {
    assert.equal(phoneParts(number).join(""), number);
  }
  assert.deepEqual(phoneParts("+919000000101"), ["+91", "90000", "00101"]);
  assert.deepEqual([phoneParts("anonymous"), phoneParts(null), phoneParts("201")], [["anonymous"], ["–"], ["201"]]);
});

test("young times are relative", () => {
  assert.deepEqual([when(0, 59_000), when(0, 61_000), when(null, 0)], ["just now", "1 min ago", "–"]);
});

test("ordinals and figures", () => {
  assert.deepEqual([1, 2, 3, 4, 11, 22].map(ordinal), ["1st", "2nd", "3rd", "4th", "11th", "22nd"]);
  assert.equal(figure(1240), "1,240");
});

test("words that nobody foresaw are shown as they are", () => {
  assert.deepEqual(
    [reasonWord("line_on_fire"), reasonWord("constructor"), reasonWord(null)],
    ["line on fire", "constructor", null],
  );
  assert.deepEqual(
    [flagWord("unreadable_started_at"), flagWord("very_odd")],
    ["Started, says the provider could not be read", "Very odd"],
  );
  assert.deepEqual([STATES.ivr, OUTCOMES.ivr_only, STATES.constructor], ["In menu", "Menu only", undefined]);
});
