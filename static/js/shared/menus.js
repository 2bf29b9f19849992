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
