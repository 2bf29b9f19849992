/** Light, dark, or as the system says: what the person chose, remembered in this browser. */

const KEY = "callboard-theme";
const NEXT = { system: "light", light: "dark", dark: "system" };
const WORDS = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

/** Make buttons walk through the three themes. */
export function bindTheme(buttons, root, storage) {
  const show = () => {
    const word = WORDS[root.dataset.theme ?? "system"];
    for (const button of buttons) {
      button.title = word;
      button.querySelector("[data-theme-word]").textContent = word;
    }
  };
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => {
      choose(NEXT[root.dataset.theme ?? "system"], root, storage);
      show();
    });
  }
  show();
}

function choose(theme, root, storage) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    storage?.setItem(KEY, theme);
  } catch {
    // Not remembered, but applied.
  }
}
