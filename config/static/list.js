// A list that was asked for before a button in it was pressed tells of the time before: shown, it
// would bring back what was deleted, or take the row away from the answer. It is asked for anew.

const LIST = "[data-list]";
const asked = new WeakMap(); // of each request for the list, how many buttons had been pressed
let pressed = 0;
let running = 0;
let outdated = null;

function askAnew() {
  if (!outdated || running > 0) return;
  const elt = outdated;
  outdated = null;
  if (elt.matches("form")) elt.requestSubmit();
  else elt.dispatchEvent(new Event("uploaded"));
}

document.addEventListener("htmx:beforeSend", ({ detail: { elt, xhr } }) => {
  if (elt.matches(LIST) || !elt.closest(LIST)) {
    asked.set(xhr, pressed);
    return;
  }
  pressed += 1;
  running += 1;
  xhr.addEventListener("loadend", () => {
    running -= 1;
    askAnew();
  });
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.target.matches(LIST) || asked.get(detail.xhr) === pressed) return;
  detail.shouldSwap = false;
  outdated = detail.requestConfig.elt;
  detail.xhr.addEventListener("loadend", askAnew);
});
