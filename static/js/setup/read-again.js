/** Reading again goes on by itself while its page is open; without this script a button takes each step. */

const form = /** @type {HTMLFormElement} */ (document.querySelector("#read-on"));

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
  form.querySelector("[data-read]").textContent = String(read);
  const bar = form.querySelector("progress");
  bar.max = total;
  bar.value = read;
  await readOn();
}

readOn();
