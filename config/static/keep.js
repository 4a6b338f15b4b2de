// Saves what was typed into a submitted form and restores it after Back from an error page:
// browsers forget the forms of pages with `Cache-Control: no-store`.

const PREFIX = "typed:";
const NOT_SAVED = "[type=password], [type=file], [type=hidden], [autocomplete=one-time-code]";
const key = `${PREFIX}${location.pathname}${location.search}`;

function inputs(form) {
  return [...form.elements].filter((input) => input.name && input.matches("input, select, textarea") && !input.matches(NOT_SAVED));
}

function isTicked(input) {
  return ["checkbox", "radio"].includes(input.type);
}

function save({ target: form }) {
  const values = form.method === "post" ? inputs(form) : [];
  if (values.length === 0) return;
  const typed = values.map((input) => [input.name, isTicked(input) ? input.checked : input.value]);
  sessionStorage.setItem(key, JSON.stringify([[...document.forms].indexOf(form), typed]));
}

function restore() {
  const [place, typed] = JSON.parse(sessionStorage.getItem(key) ?? "[-1, []]");
  const form = document.forms[place];
  if (!form) return;
  inputs(form).forEach((one, index) => {
    const [name, value] = typed[index] ?? [];
    if (name !== one.name) return;
    if (isTicked(one)) one.checked = value;
    else one.value = value;
  });
}

function forget() {
  Object.keys(sessionStorage).filter((one) => one.startsWith(PREFIX)).forEach((one) => sessionStorage.removeItem(one));
}

try {
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") restore();
  else forget();
  document.addEventListener("submit", save);
} catch {
  // The browser blocks sessionStorage: rely on its own restoring.
}
