// The queue's clocks and filters, the counts in every page's title, and the alerts for immediate danger.

const minutes = (words, seconds) => {
  const whole = Math.floor(seconds / 60);
  const template = whole < 60 ? words.minutes : words.hours;
  return template.replace("{h}", Math.floor(whole / 60)).replace("{m}", whole < 60 ? whole : whole % 60);
};

function tick() {
  for (const clock of document.querySelectorAll(".wait[data-waited]")) {
    clock.shown ??= performance.now();
    const list = clock.closest("[data-minutes]").dataset;
    const waited = Number(clock.dataset.waited) + (performance.now() - clock.shown) / 1000;
    const share = waited / Number(clock.dataset.target);
    const late = share > 1;
    clock.classList.toggle("late", late);
    clock.classList.toggle("soon", !late && share >= 2 / 3);
    clock.classList.toggle("on_time", share < 2 / 3);
    clock.textContent = minutes(list, waited) + (late ? ` · ${list.late}` : "");
  }
}
tick();
setInterval(tick, 5_000);
document.addEventListener("htmx:afterSwap", tick);
for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

const sound = document.getElementById("alert-sound");
const notice = document.getElementById("alert-notice");
const wants = (what) => localStorage.getItem(`phlov-alert-${what}`) === "yes";
const want = (what, yes) => { localStorage.setItem(`phlov-alert-${what}`, yes ? "yes" : "no"); show(); };

function show() {
  sound?.setAttribute("aria-pressed", String(wants("sound")));
  notice?.setAttribute("aria-pressed", String(wants("notice") && Notification.permission === "granted"));
}

let audio = null;
function ring() {
  audio ??= new AudioContext();
  audio.resume();
  for (const [start, pitch] of [[0, 660], [0.25, 880]]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.2, audio.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + 0.22);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.25);
  }
}

sound?.addEventListener("click", () => {
  want("sound", !wants("sound"));
  if (wants("sound")) ring();
});
notice?.addEventListener("click", async () => {
  const hint = document.getElementById("alert-hint");
  const yes = !wants("notice") || Notification.permission !== "granted";
  const allowed = yes && (await Notification.requestPermission()) === "granted";
  hint.textContent = yes && !allowed ? hint.dataset.refused : "";
  want("notice", allowed);
});
show();

// Nothing about anyone: a notice may be seen by whoever is in the room.
function alertOperator() {
  if (wants("sound")) ring();
  if (wants("notice") && "Notification" in window && Notification.permission === "granted") {
    const shown = new Notification(page.dataset.brand, { body: page.dataset.notice, tag: "phlov-urgent", renotify: true });
    shown.addEventListener("click", () => { window.focus(); location.assign("/console/queue"); });
  }
}

const page = document.querySelector("[data-signed-in]");
const KNOWN = "phlov-urgent";

async function count() {
  const answer = await fetch("/console/queue/counts?poll=1", { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return;
  const { waiting, mine, urgent, menu } = await answer.json();
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = waiting ? `(${waiting}) ${title}` : title;
  for (const [name, number] of [["waiting", waiting], ["mine", mine]]) {
    for (const shown of document.querySelectorAll(`[data-count=${name}]`)) shown.textContent = number;
  }
  for (const shown of document.querySelectorAll("[data-menu]")) {
    const number = menu[shown.dataset.menu];
    shown.textContent = number ? `(${number})` : "";
  }
  // One tab alerts: whoever is first to write down what is known.
  await (navigator.locks?.request ?? ((_, then) => then())).call(navigator.locks, "phlov-urgent", () => {
    const known = new Set(JSON.parse(localStorage.getItem(KNOWN) || "[]"));
    localStorage.setItem(KNOWN, JSON.stringify(urgent));
    if (urgent.some((number) => !known.has(number))) alertOperator();
  });
}

if (page) {
  const recount = () => { count().catch(() => {}); };
  for (const kind of ["queue", "mention"]) document.body.addEventListener(`live-${kind}`, recount);
  recount();
}
