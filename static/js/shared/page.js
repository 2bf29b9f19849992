/** Every page with a header: its theme and its menus. */

import { bindCopies } from "./copying.js";
import { bindMenus } from "./menus.js";
import { bindTheme } from "./theme.js";

bindTheme(document.querySelector("#theme"), document.querySelector("#theme-word"), document.documentElement, safe());
bindMenus(document);
bindCopies(document);

function safe() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
