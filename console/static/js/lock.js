// Tells the server that somebody is there when keys, clicks or touches say so, and leaves for the lock
// page when the server says that nobody was for too long. The server decides; this only asks.

const { activeUrl, stateUrl, lockUrl } = document.body.dataset;
const TELL_EVERY = 30_000; // milliseconds
let toldAt = Date.now();
let timer;

function leave() {
  const here = location.pathname + location.search;
  location.assign(`${lockUrl}?back=${encodeURIComponent(here)}`);
}

async function ask() {
  try {
    const answer = await fetch(stateUrl, { headers: { "HX-Request": "true" }, cache: "no-store" });
    if (answer.status === 200) {
      const left = (await answer.json()).seconds_left;
      if (left > 0) { again(left + 1); return; }
    }
    leave();
  } catch {
    again(15); // no network: nothing new is shown either, and the server keeps the lock
  }
}

function again(seconds) {
  clearTimeout(timer);
  timer = setTimeout(ask, seconds * 1000);
}

function told() {
  if (Date.now() - toldAt < TELL_EVERY) return;
  toldAt = Date.now();
  const token = document.querySelector("meta[name=csrf-token]").content;
  fetch(activeUrl, { method: "POST", headers: { "X-CSRFToken": token, "HX-Request": "true" } })
    .then((answer) => { if (answer.headers.get("HX-Redirect")) leave(); })
    .catch(() => {});
}

if (stateUrl) {
  for (const kind of ["keydown", "pointerdown", "touchstart", "wheel"]) {
    document.addEventListener(kind, told, { passive: true, capture: true });
  }
  // A laptop that slept asks at once.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  ask();
}
