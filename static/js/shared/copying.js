/** Buttons that copy a text: `data-copy` holds it. They say "Copied" for a moment. */

const SAID_MS = 1_500;

export function bindCopies(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const done = await copy(button.dataset.copy);
    button.dataset.copied = done ? "Copied" : "Mark it and copy by hand";
    setTimeout(() => delete button.dataset.copied, SAID_MS);
  });
}

/** Browsers give the clipboard to secure pages only; on a plain one in the house the older way still works. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByMarking(text);
  }
}

function copyByMarking(text) {
  const field = document.createElement("textarea");
  field.className = "sr-only";
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
