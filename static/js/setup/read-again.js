/** Reading again goes on by itself while its page is open; without this script a button takes each step. */

import { need } from "../shared/dom.js";

const form = /** @type {HTMLFormElement} */ (need("#read-on"));

async function readOn() {
  const answer = await fetch(location.href, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) return; // The button is still there, and shows what is wrong.
  const { done, total, read } = await answer.json();
  if (done) {
    location.reload();
    return;
  }
  need("[data-read]", form).textContent = String(read);
  const bar = /** @type {HTMLProgressElement} */ (need("progress", form));
  bar.max = total;
  bar.value = read;
  await readOn();
}

readOn();
