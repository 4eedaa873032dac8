// Tells the others that this conversation is open here, and whether a reply is being typed.

const here = document.querySelector("[data-presence]");
const AGAIN = 10_000;
const TYPING_LASTS = 5_000;
let typedAt = -Infinity;
let wasTyping = false;

function body(fields) {
  const form = new FormData();
  form.append("csrf_token", here.dataset.token);
  for (const name of fields) form.append(name, "1");
  return form;
}

function say() {
  const typing = performance.now() - typedAt < TYPING_LASTS;
  wasTyping = typing;
  const looking = document.visibilityState === "visible" && document.getElementById("cover")?.hidden !== false;
  const fields = [...(looking ? ["looking"] : []), ...(typing ? ["typing"] : [])];
  fetch(here.dataset.presence, { method: "POST", body: body(fields) }).catch(() => {});
}

if (here) {
  say();
  setInterval(say, AGAIN);
  setInterval(() => { if (wasTyping && performance.now() - typedAt >= TYPING_LASTS) say(); }, 1_000);
  document.getElementById("reply")?.addEventListener("input", () => {
    const fresh = performance.now() - typedAt >= TYPING_LASTS / 2;
    typedAt = performance.now();
    if (fresh) say();
  });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") say(); });
  // What has just come into the thread was seen, if the page is in front.
  document.body.addEventListener(`live-message-${here.dataset.presence.match(/conversations\/(\d+)/)[1]}`, say);
  addEventListener("pagehide", () => navigator.sendBeacon(here.dataset.presence, body(["left"])));
}
