/**
 * Menus made of <details>: they close on a click elsewhere, on Escape, when another one opens, and when the focus leaves
 * them; arrows walk what they hold.
 */

const ITEMS = ".menu-card :is(a[href], button, input):not([hidden], :disabled)";

export function bindMenus(root) {
  const open = () => root.querySelectorAll("details.menu[open]");
  const close = (menu) => {
    menu.open = false;
  };
  root.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) close(menu);
  });
  root.addEventListener("focusin", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) close(menu);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of open()) {
        close(menu);
        menu.querySelector("summary").focus();
        event.stopPropagation();
        event.preventDefault();
      }
      return;
    }
    const menu = event.target.closest?.("details.menu");
    if (menu && walk(menu, event)) event.preventDefault();
  });
}

/** Arrows, Home and End go through a menu from its head on, and an arrow opens it. */
function walk(menu, event) {
  const { key, target } = event;
  if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(key)) return false;
  // Within a text, these two belong to the text.
  if (target.matches("input") && (key === "Home" || key === "End")) return false;
  menu.open = true;
  const items = [...menu.querySelectorAll(ITEMS)].filter((item) => item.checkVisibility?.() ?? true);
  if (!items.length) return true;
  const at = items.indexOf(target);
  const last = items.length - 1;
  const next = { ArrowDown: Math.min(last, at + 1), ArrowUp: at <= 0 ? -1 : at - 1, Home: 0, End: last }[key];
  (next < 0 ? menu.querySelector("summary") : items[next]).focus();
  return true;
}

/** Fields that narrow the links of their menu to those that hold what is typed. */
export function bindNarrowing(root) {
  root.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-narrows]")) return;
    const asked = event.target.value.trim().toLowerCase();
    for (const link of event.target.closest(".menu-card").querySelectorAll("a")) {
      link.hidden = !link.textContent.toLowerCase().includes(asked);
    }
  });
}
