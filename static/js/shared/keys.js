/** Keys of every page: `g` and a letter goes to a place, `?` shows the keys, Ctrl+K finds. Single ones can be off. */

const KEPT = "callboard-single-keys";
const SECOND_KEY_MS = 1_500;

/**
 * Whether keys of one letter work. Where they are off (WCAG 2.1.4), arrows, Enter, Escape and Ctrl+K still do.
 * @param {Storage | null} storage
 */
export function singleKeysWork(storage) {
  return storage?.getItem(KEPT) !== "off";
}

/** Whether a key belongs to what has the focus: a field, an open dialog. */
export const isTyped = (event) =>
  Boolean(event.target.closest?.("dialog[open], input, textarea, select, [contenteditable]"));

/** A key of one sign, without Ctrl and its like: those that speech and chance press. */
export const isSingle = (event) => event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;

/** `deeds`: {palette, help, go(url)}; `places`: links with `data-key`. */
export function bindPageKeys(root, places, storage, deeds) {
  let goesAt = -Infinity;
  const go = (event) => {
    const place = [...places].find((link) => link.dataset.key === event.key.toLowerCase());
    if (place) deeds.go(place.href);
  };
  // In the capturing phase: the letter after `g` is no key of the board's.
  root.addEventListener(
    "keydown",
    (event) => {
      const asked =
        (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
      if (asked) taken(event, deeds.palette);
      else if (!isSingle(event) || isTyped(event)) return;
      else if (!singleKeysWork(storage)) event.stopPropagation();
      else if (event.timeStamp - goesAt < SECOND_KEY_MS) taken(event, () => go(event));
      else if (event.key === "?") taken(event, deeds.help);
      goesAt = event.key === "g" && !event.defaultPrevented ? event.timeStamp : -Infinity;
    },
    { capture: true },
  );
}

function taken(event, deed) {
  event.preventDefault();
  event.stopPropagation();
  deed();
}

/** The switch in the list of keys. */
export function bindSingleKeys(box, storage, shown) {
  const show = () => {
    for (const node of shown) node.toggleAttribute("data-off", !singleKeysWork(storage));
  };
  box.checked = singleKeysWork(storage);
  box.addEventListener("change", () => {
    if (box.checked) storage?.removeItem(KEPT);
    else storage?.setItem(KEPT, "off");
    show();
  });
  show();
}
