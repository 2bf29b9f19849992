/** For admins: how many deliveries were set aside lately, asked anew while the page is looked at. */

const EVERY_MS = 30_000;
const MOST = 1_000;

export function watchSetAside(pill, host) {
  if (!pill) return;
  const ask = async () => {
    if (host.hidden()) return;
    const told = await host.fetch("/set-aside/").catch(() => null);
    if (!told) return;
    pill.hidden = told.count === 0;
    pill.querySelector("[data-count]").textContent = told.count >= MOST ? `${MOST} and more` : String(told.count);
  };
  host.setInterval(ask, EVERY_MS);
}
