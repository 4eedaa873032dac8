// Tables of class "stacks" become a list of rows on a narrow screen, each cell behind its column's name.
// Without this script they scroll sideways inside their own frame.

function name(table) {
  const heads = [...table.querySelectorAll("thead tr > *")].map((head) => head.textContent.trim());
  for (const row of table.querySelectorAll("tbody tr")) {
    [...row.children].forEach((cell, at) => { cell.dataset.label = heads[at] || ""; });
  }
  table.classList.add("named");
}

function all() {
  for (const table of document.querySelectorAll("table.stacks")) name(table);
}

all();
document.addEventListener("htmx:afterSwap", all);
