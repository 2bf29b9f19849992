/** The keys of the board, beside those of every page (`shared/keys.js`). */

import { isTyped } from "../shared/keys.js";

/** `deeds`: {search, filters, walk(steps), open, escape, freeze, groups, attention}. */
export function bindKeys(target, deeds) {
  const keys = {
    "/": deeds.search,
    f: deeds.filters,
    j: () => deeds.walk(1),
    k: () => deeds.walk(-1),
    ArrowDown: () => deeds.walk(1),
    ArrowUp: () => deeds.walk(-1),
    PageDown: () => deeds.walk(10),
    PageUp: () => deeds.walk(-10),
    Home: () => deeds.walk(-Infinity),
    End: () => deeds.walk(Infinity),
    Enter: deeds.open,
    Escape: deeds.escape,
    " ": deeds.freeze,
    v: deeds.groups,
    a: deeds.attention,
  };
  target.addEventListener("keydown", (event) => {
    const deed = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!deed || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" ? document.querySelector("dialog[open]") : isBusy(event)) return;
    if (deed() !== false) event.preventDefault();
  });
}

/** Whether the key belongs to what has the focus: a field, an open dialog, a button that Enter or space presses. */
function isBusy(event) {
  const at = event.target;
  if (isTyped(event)) return true;
  const presses = event.key === "Enter" || event.key === " ";
  if (presses && at.closest?.("button, a, summary")) return true;
  const scrolls = /^(Arrow|Page|Home|End)/.test(event.key);
  return scrolls && Boolean(at.closest?.("call-panel, .menu-card"));
}
