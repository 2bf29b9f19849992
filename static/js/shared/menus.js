/** Menus made of <details>: they close on a click elsewhere, on Escape, and when another one opens. */

export function bindMenus(root) {
  const open = () => root.querySelectorAll("details.menu[open]");
  const close = (menu) => {
    menu.open = false;
  };
  root.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) close(menu);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      close(menu);
      menu.querySelector("summary").focus();
      event.stopPropagation();
    }
  });
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
