// Submits a form only once: the second click of a double click may hit the button that has replaced
// the first.

const PAUSE = 1000;
const sent = new WeakMap();
const refuse = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
};

addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (event.detail > 1 && button?.type === "submit" && button.form?.method === "post") refuse(event);
}, true);

addEventListener("submit", (event) => {
  const { target: form, timeStamp } = event;
  if (form.method !== "post") return;
  if (timeStamp - (sent.get(form) ?? -PAUSE) < PAUSE) refuse(event);
  else sent.set(form, timeStamp);
}, true);
