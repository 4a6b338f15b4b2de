// Shows a message when a request of htmx fails.

const UNREACHABLE = "We can’t reach the site. Check your connection and try again.";
const MESSAGES = new Map([
  [404, "That no longer exists. Reload the page to see what’s there now."],
  [429, "Too many requests. Wait a moment and try again."],
  [503, "The site is busy. Wait a few seconds and try again."],
]);
const OTHER = "That didn’t work. Reload the page and try again.";

// Added empty, so that screen readers announce later changes.
const region = document.createElement("div");
region.className = "failures";
region.setAttribute("role", "status");
document.getElementById("main").before(region);

function showError(message) {
  const list = document.createElement("ul");
  const line = document.createElement("li");
  list.className = "messages";
  line.className = "error";
  line.textContent = message;
  list.append(line);
  region.replaceChildren(list);
}

document.addEventListener("htmx:sendError", () => showError(UNREACHABLE));
document.addEventListener("htmx:responseError", ({ detail }) => showError(MESSAGES.get(detail.xhr.status) ?? OTHER));
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful) region.replaceChildren();
});
