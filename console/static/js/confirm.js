// What can't be taken back is asked once more: a button with data-sure="Is that right?".
// Not a module and not deferred: a page's first button may be pressed before deferred scripts have run.
"use strict";

{
  const dialog = () => document.getElementById("sure");
  let pressed = null;

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.dataset.sure || button === pressed) return;
    event.preventDefault();
    if (!dialog()) return; // the page is still coming: pressing again asks
    document.getElementById("sure-words").textContent = button.dataset.sure;
    dialog().returnValue = "";
    pressed = button;
    dialog().showModal();
    dialog().querySelector("[value=no]").focus();
  });

  document.addEventListener("click", (event) => {
    if (dialog()?.contains(event.target) && event.target.value) dialog().close(event.target.value);
  });

  // It doesn't bubble.
  document.addEventListener("close", (event) => {
    if (event.target !== dialog()) return;
    const button = pressed;
    if (dialog().returnValue === "yes") button.form.requestSubmit(button);
    pressed = null;
    button?.focus();
  }, true);
}
