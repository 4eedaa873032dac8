// Hears of changes and passes them on to the page as events on the body: `live-queue`,
// `live-message`, `live-mention` and `live-presence`, each also with the conversation's number (`live-message-12`).
// Of all tabs of a browser one holds the stream. Without a stream the page asks every few seconds.

const ADDRESS = "/console/events?poll=1";
const ASK_AGAIN = 5_000;
const AT_MOST_EVERY = 400;
const KINDS = ["queue", "message", "mention", "presence"];

const channel = "BroadcastChannel" in window ? new BroadcastChannel("phlov-live") : null;
const pending = new Set();
let toldAt = 0;
let timer = null;

function tell() {
  timer = null;
  toldAt = Date.now();
  for (const name of pending) document.body.dispatchEvent(new CustomEvent(name));
  pending.clear();
}

// The first change is told at once; what follows within a moment is told together.
function hear({ kind, conversation }) {
  pending.add(`live-${kind}`);
  if (conversation) pending.add(`live-${kind}-${conversation}`);
  if (kind === "message") pending.add("live-queue");
  if (kind === "queue" && conversation) pending.add(`live-message-${conversation}`);
  timer ??= setTimeout(tell, Math.max(0, AT_MOST_EVERY - (Date.now() - toldAt)));
}

channel?.addEventListener("message", (event) => hear(event.data));

function pass(change) {
  hear(change);
  channel?.postMessage(change);
}

function listen() {
  let source = new EventSource(ADDRESS);
  let asking = null;
  const everything = () => { for (const kind of KINDS) pass({ kind }); };
  source.addEventListener("open", () => {
    clearInterval(asking);
    asking = null;
    document.documentElement.dataset.live = "yes";
    everything(); // what happened while nobody listened
  });
  source.addEventListener("error", () => {
    document.documentElement.dataset.live = "no";
    asking ??= setInterval(everything, ASK_AGAIN);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => { clearInterval(asking); listen(); }, ASK_AGAIN);
  });
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => pass({ kind, conversation: JSON.parse(event.data).conversation }));
  }
  // Signed out or locked: the page asks once more and is led to the sign-in.
  source.addEventListener("ended", () => { source.close(); location.reload(); });
}

if (document.querySelector("[data-signed-in]")) {
  if (navigator.locks) navigator.locks.request("phlov-live", () => { listen(); return new Promise(() => {}); });
  else listen();
}
