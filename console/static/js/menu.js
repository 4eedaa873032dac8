// On a narrow screen the menu is folded behind a button. Without this script it stays in sight.

const button = document.getElementById("menu-button");
const menu = document.getElementById("menu");

if (button && menu) {
  document.documentElement.classList.add("folds");
  button.addEventListener("click", () => {
    const open = menu.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    if (open) menu.querySelector("a")?.focus();
  });
}
