// Keeps what was typed into a form that has been sent, so that Back from an error page finds it:
// the browser itself forgets the forms of pages that it must not store.

const PREFIX = "typed:";
const FORGOTTEN = "[type=password], [type=file], [type=hidden], [autocomplete=one-time-code]";
const key = `${PREFIX}${location.pathname}${location.search}`;

function inputs(form) {
  return [...form.elements].filter((one) => one.name && one.matches("input, select, textarea") && !one.matches(FORGOTTEN));
}

function isTicked(input) {
  return ["checkbox", "radio"].includes(input.type);
}

function keep({ target: form }) {
  const values = form.method === "post" ? inputs(form) : [];
  if (values.length === 0) return;
  const typed = values.map((one) => [one.name, isTicked(one) ? one.checked : one.value]);
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
  document.addEventListener("submit", keep);
} catch {
  // A browser that lets pages store nothing: its own memory has to do.
}
