// Two phones: what is written goes to the server, which sends it through the real webhooks; what
// comes back is fetched once a second.
"use strict";

const KHMER = /[\u1780-\u17ff\u19e0-\u19ff]+/g;

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return answer.ok;
}

class Phone {
  constructor(section) {
    this.section = section;
    this.who = section.querySelector(".who");
    this.list = section.querySelector(".messages");
    this.text = section.querySelector("textarea");
    this.count = section.querySelector(".count");
    this.boxes = section.querySelector(".boxes");
    this.attach = section.querySelector(".attach");
    this.shown = "";
    section.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); }
    });
    this.text.addEventListener("input", () => this.showCount());
    this.who.addEventListener("change", () => this.refresh());
    this.boxes?.addEventListener("change", () => { this.shown = ""; this.refresh(); });
    section.querySelector(".edit")?.addEventListener("click", () => this.send("edited"));
    for (const key of section.querySelectorAll(".keys button")) {
      key.addEventListener("click", () => { this.text.value += key.textContent; this.showCount(); });
    }
  }

  async send(kind) {
    const text = this.text.value;
    kind = kind || this.attach?.value || "text";
    if (!text && kind === "text") return;
    this.text.value = "";
    if (this.attach) this.attach.value = "";
    this.showCount();
    await post(this.section.dataset.path, { phone: this.who.value, text, kind });
    this.refresh();
  }

  async press(button, message) {
    await post(this.section.dataset.path, { phone: this.who.value, text: button.callback_data, kind: "button", message });
    this.refresh();
  }

  async showCount() {
    if (!this.count) return;
    const answer = await fetch("/simulator/count?" + new URLSearchParams({ text: this.text.value }));
    const { characters, segments } = await answer.json();
    this.count.textContent = `${characters} characters, ${segments} SMS`;
  }

  async refresh() {
    const answer = await fetch("/simulator/messages?" + new URLSearchParams({ phone: this.who.value }));
    const raw = await answer.text();
    if (raw === this.shown) return;
    this.shown = raw;
    this.list.replaceChildren(...JSON.parse(raw).map((message) => this.bubble(message)));
    this.list.scrollTop = this.list.scrollHeight;
  }

  bubble(message) {
    const item = document.createElement("li");
    item.dir = "auto";
    item.classList.toggle("mine", message.sent_by_person);
    item.textContent = this.boxes?.checked ? message.text.replace(KHMER, (word) => "\u25a1".repeat(word.length)) : message.text;
    const note = document.createElement("small");
    const size = message.channel === "sms" ? `${message.text.length} characters, ${message.segments} SMS` : "";
    note.textContent = [size, message.state].filter(Boolean).join(" \u00b7 ");
    item.append(note);
    if (message.buttons.length) {
      const row = document.createElement("div");
      row.className = "buttons";
      for (const button of message.buttons) {
        const element = document.createElement("button");
        element.type = "button";
        element.textContent = button.text;
        element.addEventListener("click", () => this.press(button, message.number));
        row.append(element);
      }
      item.append(row);
    }
    return item;
  }
}

const phones = [...document.querySelectorAll(".phone")].map((section) => new Phone(section));
let last = phones[0];
for (const phone of phones) {
  phone.text.addEventListener("focus", () => { last = phone; });
  phone.refresh();
}
for (const example of document.querySelectorAll(".example")) {
  example.addEventListener("click", () => { last.text.value = example.textContent; last.showCount(); last.text.focus(); });
}
setInterval(() => phones.forEach((phone) => phone.refresh()), 1000);
