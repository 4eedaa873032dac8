// The words desk: SMS segments as one writes. Placeholders count as long as what they stand for.
const GSM = /^[\n\r !"#$%&'()*+,\-./0-9:;<=>?@A-Z_a-z^{}\\[~\]|]*$/;
const TWICE = /[\^{}\\[~\]|]/g;

function segments(text, offset) {
  const plain = GSM.test(text);
  const braces = plain ? (text.match(/[{}]/g) || []).length : 0; // they are gone once it is sent
  const units = text.length + offset + (plain ? (text.match(TWICE) || []).length - braces : 0);
  const [one, many] = plain ? [160, 153] : [70, 67];
  return units <= one ? 1 : Math.ceil(units / many);
}

for (const field of document.querySelectorAll("textarea[data-words]")) {
  const shown = field.closest(".sentence").querySelector("output");
  const show = () => {
    const number = segments(field.value, Number(field.dataset.sampleOffset));
    shown.textContent = shown.dataset.segments.replace("#", number);
    shown.classList.toggle("problem", number > Number(shown.dataset.most));
  };
  field.addEventListener("input", show);
}
