/** Light, dark, or as the system says: what the person chose, remembered in this browser. */

const KEY = "callboard-theme";
const NEXT = { system: "light", light: "dark", dark: "system" };
const WORDS = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

/** Make a button walk through the three themes. */
export function bindTheme(button, word, root, storage) {
  const show = () => {
    const theme = root.dataset.theme ?? "system";
    button.title = WORDS[theme];
    word.textContent = WORDS[theme];
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    choose(NEXT[root.dataset.theme ?? "system"], root, storage);
    show();
  });
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
