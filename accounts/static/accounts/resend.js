// Counts down the seconds until a new code can be sent.

for (const button of document.querySelectorAll("button[data-wait]")) {
  const label = button.textContent;
  const end = performance.now() + Number(button.dataset.wait) * 1000;
  const show = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label} (${left} s)` : label;
    if (left > 0) setTimeout(show, 250);
  };
  show();
}
