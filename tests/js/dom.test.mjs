import assert from "node:assert/strict";
import test from "node:test";

import { need } from "../../static/js/shared/dom.js";

test("an element that a page must have is found, or named where it is missing", () => {
  const page = { querySelector: (selector) => (selector === "#wall" ? page : null) };

  assert.equal(need("#wall", page), page);
  assert.throws(() => need("#strip", page), { message: "the page has no #strip" });
});
