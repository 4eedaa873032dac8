// The reply box: characters, segments and cost, the draft kept on the server, ready-made replies.

const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const TWICE = /[\^{}\\[~\]|€]/g;
const KHMER = /[\u1780-\u17ff]/;
const SAVE_AFTER = 400; // milliseconds without a key
const ASK_AGAIN_AFTER = 1000; // milliseconds

// Segments of a text, and the characters left in the last one.
function count(text) {
  const plain = GSM.test(text);
  const units = plain ? text.length + (text.match(TWICE) || []).length : text.length;
  const [one, many] = plain ? [160, 153] : [70, 67];
  const parts = units <= one ? 1 : Math.ceil(units / many);
  return { parts, left: (parts === 1 ? one : parts * many) - units, plain };
}

// The sign that takes an otherwise plain text out of the cheap alphabet.
function costly(text) {
  if (KHMER.test(text)) return "";
  return [...text].find((sign) => !GSM.test(sign)) || "";
}

const reply = document.getElementById("reply");
const form = document.getElementById("reply-form");

if (reply) {
  const hint = document.getElementById("segments");
  const warning = document.getElementById("warning");
  const words = reply.dataset;
  const price = Number(form.dataset.price); // of one segment; NaN where the channel costs nothing
  const money = (amount) => amount.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 4 });
  let timer;
  let saved = reply.value;
  let sent = false;

  const show = () => {
    const said = [`${reply.value.length} ${words.characters}`];
    if (words.segments && reply.value) {
      const { parts, left } = count(reply.value);
      said.push(`${parts} ${words.parts}`, `${left} ${words.left}`);
      if (price) said.push(`${words.cost} ${money(parts * price)} (${parts} × ${money(price)})`);
      else said.push(words.unpriced);
      const sign = costly(reply.value);
      if (sign) said.push(`“${sign}”: ${words.costly}`);
      if (parts > 3) said.push(words.long);
    }
    if (Number.isNaN(price)) said.push(words.free);
    hint.textContent = said.join(" · ");
  };

  const save = async (leaving) => {
    clearTimeout(timer);
    if (sent || reply.value === saved) return;
    saved = reply.value;
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST", body: new FormData(form), keepalive: leaving, headers: { "HX-Request": "true" },
      });
      if (answer.ok && answer.status === 200) warning.innerHTML = await answer.text();
      else saved = null; // kept at the next key
    } catch {
      saved = null;
    }
  };

  reply.addEventListener("input", () => {
    show();
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER);
  });
  form.addEventListener("submit", () => { sent = true; clearTimeout(timer); });
  // Before a reload or a link's request goes out, and again for what the browser closes by itself.
  for (const kind of ["beforeunload", "pagehide"]) window.addEventListener(kind, () => save(true));
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(true); });
  // Another form of the page mustn't overtake the draft.
  for (const other of document.forms) if (other !== form) other.addEventListener("submit", () => save(true));
  // The last keys before a reload may have reached the server after this page had left it.
  const atFirst = reply.value;
  const askAgain = async () => {
    const answer = await fetch(form.dataset.draft, { headers: { "HX-Request": "true" }, cache: "no-store" });
    if (answer.status !== 200 || answer.redirected || reply.value !== atFirst) return;
    const text = await answer.text();
    if (text && text !== atFirst) { reply.value = saved = text; show(); }
  };
  if (!document.getElementById("confirm")) setTimeout(() => askAgain().catch(() => {}), ASK_AGAIN_AFTER);
  show();
  if (document.getElementById("confirm")) reply.scrollIntoView({ block: "center" });

  const dialog = document.getElementById("canned");
  const search = document.getElementById("canned-search");
  const none = document.getElementById("canned-none");
  const rows = [...dialog.querySelectorAll(".canned li")];
  const offered = () => rows.filter((row) => !row.hidden).map((row) => row.querySelector("button:enabled")).filter(Boolean);

  const filter = () => {
    const wanted = search.value.trim().toLowerCase().split(/\s+/);
    for (const row of rows) row.hidden = !wanted.every((word) => row.dataset.search.includes(word));
    none.hidden = rows.some((row) => !row.hidden);
  };
  const open = () => {
    if (dialog.open) return;
    search.value = "";
    filter();
    dialog.showModal();
    search.focus();
  };
  const insert = (text) => {
    dialog.close();
    reply.focus();
    reply.setRangeText(text, reply.selectionStart, reply.selectionEnd, "end");
    reply.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.getElementById("canned-button").addEventListener("click", open);
  document.getElementById("canned-close").addEventListener("click", () => dialog.close());
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); const [first] = offered(); if (first) insert(first.dataset.text); }
    if (event.key === "ArrowDown") { event.preventDefault(); offered()[0]?.focus(); }
  });
  dialog.querySelector(".canned").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-text]");
    if (button) insert(button.dataset.text);
  });
  dialog.querySelector(".canned").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = offered();
    const next = buttons.indexOf(document.activeElement) + step;
    (next < 0 ? search : buttons[Math.min(next, buttons.length - 1)]).focus();
  });
  // "/" opens the list from anywhere but a field, and from the reply while that is empty.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const field = event.target.closest("input, textarea, select");
    if (field && (field !== reply || reply.value)) return;
    event.preventDefault();
    open();
  });
}

// A link or a refused form names the part of the page that it is about: open it.
const part = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
if (part instanceof HTMLDetailsElement) part.open = true;
part?.closest("details")?.setAttribute("open", "");
if (part?.closest("#messages")) part.scrollIntoView({ block: "center" });
