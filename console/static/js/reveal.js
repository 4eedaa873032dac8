// Shows what is typed into a form's password fields while its box is ticked. Without scripts there is no box.

for (const box of document.querySelectorAll("[data-reveal]")) {
  const fields = [...box.form.querySelectorAll("input[type=password]")];
  box.closest("label").hidden = false;
  box.checked = false;
  box.addEventListener("change", () => {
    for (const field of fields) field.type = box.checked ? "text" : "password";
  });
  // Not kept in clear by a browser that remembers what was in forms.
  box.form.addEventListener("submit", () => { for (const field of fields) field.type = "password"; });
}
