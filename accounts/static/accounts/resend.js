// Counts down to when a new code can be sent.

for (const button of document.querySelectorAll("button[data-wait]")) {
  const words = button.textContent;
  const end = performance.now() + Number(button.dataset.wait) * 1000;
  const show = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${words} (${left} s)` : words;
    if (left > 0) setTimeout(show, 250);
  };
  show();
}
