/** Reading again goes on by itself while its page is open; without this script a button takes each step. */

const form = document.querySelector("#read-on");

async function readOn() {
  const answer = await fetch(form.action || location.href, {
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
  form.querySelector("progress").max = total;
  form.querySelector("progress").value = read;
  await readOn();
}

readOn();
