// Offers the browser's time zone if the site knows it and it is not chosen yet.

const button = document.getElementById("browser-zone");
const input = document.getElementById("id_timezone");
const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const isKnown = [...input.list.options].some((option) => option.value === zone);

function offer() {
  button.hidden = input.value === zone;
}

if (isKnown) {
  button.textContent += `: ${zone}`;
  button.addEventListener("click", () => {
    input.value = zone;
    offer();
    input.focus();
  });
  input.addEventListener("input", offer);
  offer();
}
