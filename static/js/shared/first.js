/**
 * The one script that runs before the page is painted: it applies the remembered theme, so that a dark board
 * never flashes white. Not a module, because modules wait.
 */
try {
  const theme = localStorage.getItem("callboard-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's choice stands.
}
document.documentElement.classList.add("js");
