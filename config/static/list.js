// Discards responses with a list that were requested before a button in the list was pressed, and
// requests the list again: an outdated list would show deleted rows.

const LIST = "[data-list]";
const pressedBefore = new WeakMap(); // per request for the list: the number of presses before it
let pressed = 0;
let running = 0;
let outdated = null;

function requestAgain() {
  if (!outdated || running > 0) return;
  const elt = outdated;
  outdated = null;
  if (elt.matches("form")) elt.requestSubmit();
  else elt.dispatchEvent(new Event("uploaded"));
}

document.addEventListener("htmx:beforeSend", ({ detail: { elt, xhr } }) => {
  if (elt.matches(LIST) || !elt.closest(LIST)) {
    pressedBefore.set(xhr, pressed);
    return;
  }
  pressed += 1;
  running += 1;
  xhr.addEventListener("loadend", () => {
    running -= 1;
    requestAgain();
  });
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.target.matches(LIST) || pressedBefore.get(detail.xhr) === pressed) return;
  detail.shouldSwap = false;
  outdated = detail.requestConfig.elt;
  detail.xhr.addEventListener("loadend", requestAgain);
});
