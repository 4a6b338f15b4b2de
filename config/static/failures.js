// Says in words what htmx would keep to itself: that the site cannot be reached, or refuses.

const UNREACHABLE = "We can’t reach the site. Check your connection and try again.";
const WORDS = new Map([
  [404, "That no longer exists. Reload the page to see what’s there now."],
  [429, "Too many requests. Wait a moment and try again."],
  [503, "The site is busy. Wait a few seconds and try again."],
]);
const OTHER = "That didn’t work. Reload the page and try again.";

// Empty from the start, so that screen readers notice what comes into it.
const region = document.createElement("div");
region.className = "failures";
region.setAttribute("role", "status");
document.getElementById("main").before(region);

function say(words) {
  const list = document.createElement("ul");
  const line = document.createElement("li");
  list.className = "messages";
  line.className = "error";
  line.textContent = words;
  list.append(line);
  region.replaceChildren(list);
}

document.addEventListener("htmx:sendError", () => say(UNREACHABLE));
document.addEventListener("htmx:responseError", ({ detail }) => say(WORDS.get(detail.xhr.status) ?? OTHER));
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful) region.replaceChildren();
});
