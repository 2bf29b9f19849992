/** What a person is told who looks at the board for the first time in this browser: one click, and never again. */

const KEPT = "callboard-coached";

/** `storage`: {getItem, setItem}, or null where nothing may be kept: then nothing is told, or it would be told each time. */
export function coach(root, storage) {
  root.hidden = !storage || storage.getItem(KEPT) !== null;
  root.querySelector("button").addEventListener("click", () => {
    root.hidden = true;
    storage.setItem(KEPT, "yes");
  });
}
