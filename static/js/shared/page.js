/** Every page with a header: its theme and its menus. */

import { bindCopies } from "./copying.js";
import { bindMenus, bindNarrowing } from "./menus.js";
import { bindTheme } from "./theme.js";

bindTheme(document.querySelectorAll("[data-theme-switch]"), document.documentElement, safe());
bindMenus(document);
bindNarrowing(document);
bindCopies(document);

function safe() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
