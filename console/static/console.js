// Keeping focus and scroll when a list refreshes.
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
