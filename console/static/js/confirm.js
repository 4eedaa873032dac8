// What can't be taken back is asked once more: a button with data-sure="Is that right?".

const dialog = document.getElementById("sure");
let pressed = null;

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!dialog || !button?.dataset.sure || button === pressed) return;
  event.preventDefault();
  document.getElementById("sure-words").textContent = button.dataset.sure;
  dialog.returnValue = "";
  pressed = button;
  dialog.showModal();
  dialog.querySelector("[value=no]").focus();
});

dialog?.addEventListener("click", (event) => {
  if (event.target.value) dialog.close(event.target.value);
});

dialog?.addEventListener("close", () => {
  const button = pressed;
  if (dialog.returnValue === "yes") button.form.requestSubmit(button);
  pressed = null;
  button?.focus();
});
