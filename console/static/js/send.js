// Ctrl+Enter sends the form one writes in. Not a module and not deferred: it is pressed by habit, also
// before the page's other scripts have run, and must not then do nothing.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (!field?.form) return;
  event.preventDefault();
  field.form.requestSubmit();
});
