// The cover: Esc twice blanks the page and its title at once, for when somebody comes near.

const cover = document.getElementById("cover");
const TWICE_WITHIN = 600; // milliseconds
const NOTHING = "—";
let escapedAt = -TWICE_WITHIN;
let title = "";
let focused = null;

const isCovered = () => !cover.hidden;

export function hide() {
  if (isCovered()) return;
  title = document.title;
  focused = document.activeElement;
  cover.hidden = false;
  document.documentElement.classList.add("covered");
  for (const part of document.body.children) if (part !== cover) part.inert = true;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  document.title = NOTHING;
  cover.querySelector("button").focus();
}

export function show() {
  cover.hidden = true;
  document.documentElement.classList.remove("covered");
  for (const part of document.body.children) part.inert = false;
  document.title = title;
  focused?.focus?.();
}

// What changes the title meanwhile (a new conversation, say) is kept for afterwards.
new MutationObserver(() => {
  if (isCovered() && document.title !== NOTHING) {
    title = document.title;
    document.title = NOTHING;
  }
}).observe(document.querySelector("head"), { subtree: true, childList: true, characterData: true });

cover.querySelector("button").addEventListener("click", show);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (event.timeStamp - escapedAt < TWICE_WITHIN) hide();
  escapedAt = event.timeStamp;
}, true);
