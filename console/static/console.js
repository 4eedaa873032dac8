// Keys, the cover, and keeping focus and scroll when a list refreshes.
"use strict";

const messages = document.getElementById("messages");
const toEnd = () => { if (messages) messages.scrollTop = messages.scrollHeight; };
toEnd();

let focused = null;
let atEnd = true;
document.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement?.id || null;
  atEnd = !messages || messages.scrollTop + messages.clientHeight >= messages.scrollHeight - 40;
});
document.addEventListener("htmx:afterSwap", () => {
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  if (atEnd) toEnd();
  const rows = document.querySelector("#rows [data-waiting]");
  if (rows) document.title = `(${rows.dataset.waiting}) ${rows.dataset.title}`;
});

const help = document.getElementById("help");
document.getElementById("help-button")?.addEventListener("click", () => help.showModal());
document.getElementById("help-close").addEventListener("click", () => help.close());

const cover = document.getElementById("cover");
cover.querySelector("button").addEventListener("click", () => { cover.hidden = true; });
let escapedAt = 0;

function move(step) {
  const rows = [...document.querySelectorAll(".queue a")];
  if (!rows.length) return;
  const next = rows.indexOf(document.activeElement) + step;
  rows[Math.min(Math.max(next, 0), rows.length - 1)].focus();
}

function claim() {
  const row = document.activeElement?.closest("li[data-row]");
  (row || document).querySelector("form[action$='/claim'] button")?.click();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  c: claim,
  r: () => document.getElementById("reply")?.focus(),
  n: () => document.getElementById("note")?.focus(),
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    if (Date.now() - escapedAt < 600) { cover.hidden = false; cover.querySelector("button").focus(); }
    escapedAt = Date.now();
    return;
  }
  const field = event.target.closest("input, textarea, select");
  if (field) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) field.form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
