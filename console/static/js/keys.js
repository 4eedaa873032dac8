// Keys. An element says which key it has: data-key="c" data-key-words="claim it". A link or button is
// pressed, a field gets the focus. A list with data-roving is walked with j and k. The sheet (?) is
// written from what the page has at that moment.

const bound = new Map(); // key -> {words, action}, for what isn't one element

export function bind(key, words, action) {
  bound.set(key, { words, action });
}

const isField = (element) => element.matches("input, textarea, select, [contenteditable]");
const isShown = (element) => element.checkVisibility();

function elementFor(key) {
  // The row that has the focus comes first, then the first one on the page.
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(isShown);
  const row = document.activeElement?.closest("li, tr");
  return all.find((element) => row?.contains(element)) || all[0];
}

function press(element) {
  if (isField(element)) element.focus();
  else element.click();
}

function rove(step) {
  const list = [...document.querySelectorAll("[data-roving]")].find(isShown);
  if (!list) return false;
  const stops = [...list.querySelectorAll("a[href]")].filter(isShown);
  if (!stops.length) return false;
  const row = document.activeElement?.closest("[data-roving] > *");
  const at = row ? stops.findIndex((stop) => row.contains(stop)) : -1;
  stops[Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
  return true;
}

const sheet = document.getElementById("help");

function keysOfPage() {
  const keys = new Map();
  const words = sheet.dataset;
  if ([...document.querySelectorAll("[data-roving]")].some(isShown)) keys.set("j k", words.rove);
  for (const element of document.querySelectorAll("[data-key]")) {
    if (isShown(element) && !keys.has(element.dataset.key)) keys.set(element.dataset.key, element.dataset.keyWords);
  }
  for (const [key, entry] of bound) keys.set(key, entry.words);
  if ([...document.querySelectorAll("main textarea")].some(isShown)) keys.set("Ctrl Enter", words.send);
  keys.set("Esc Esc", words.cover);
  keys.set("?", words.sheet);
  return keys;
}

export function showSheet() {
  const list = sheet.querySelector("dl");
  list.replaceChildren();
  for (const [key, words] of keysOfPage()) {
    const term = document.createElement("dt");
    for (const part of key.split(" ")) {
      const cap = document.createElement("kbd");
      cap.textContent = part;
      term.append(cap, " ");
    }
    const meaning = document.createElement("dd");
    meaning.textContent = words;
    list.append(term, meaning);
  }
  if (!sheet.open) sheet.showModal();
}

document.getElementById("help-button")?.addEventListener("click", showSheet);
document.getElementById("help-close").addEventListener("click", () => sheet.close());

document.addEventListener("keydown", (event) => {
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || sheet.open) return;
  if (document.documentElement.classList.contains("covered")) return;
  let done = false;
  const element = elementFor(event.key);
  if (element) { press(element); done = true; }
  else if (bound.has(event.key)) { bound.get(event.key).action(event); done = true; }
  else if (event.key === "j" || event.key === "k") done = rove(event.key === "j" ? 1 : -1);
  else if (event.key === "?" && document.getElementById("help-button")) { showSheet(); done = true; }
  if (done) event.preventDefault();
});
