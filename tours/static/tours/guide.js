// Highlights one element after the other on the pages of the tour.
//
// The only state is in the URL (?tour=<number>), so that reloading, Back and browsers without
// storage keep the step. If a step's element is missing, the dialog is centred without spotlight.

const { number, steps } = JSON.parse(document.getElementById("tour-data").textContent);
const spotlight = document.getElementById("tour-spotlight");
const dialog = document.getElementById("tour-guide");
const part = (name) => document.getElementById(`tour-${name}`);
const [skip, back, next] = ["skip", "back", "next"].map(part);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const GAP = 16; // pixels between the spotlight, the dialog and the window's edges
const RIM = 6; // pixels by which the spotlight is larger than its element
const last = steps.length - 1;
let current = number - 1;
let width = innerWidth;

function target() {
  const marked = document.querySelectorAll(`[data-tour="${CSS.escape(steps[current].element)}"]`);
  return [...marked].find((element) => element.getClientRects().length);
}

function stepUrl(index) {
  const url = new URL(steps[index].page, location);
  const here = url.pathname === location.pathname;
  if (here) url.search = location.search;
  url.searchParams.set("tour", index + 1);
  return { url, here };
}

function move(element, box) {
  for (const [side, pixels] of Object.entries(box)) {
    element.style.setProperty(side, `${Math.round(pixels)}px`);
  }
}

// Below the spotlight, else above, else beside it, else at the bottom of the window.
function corner(spot, size, room) {
  const within = (value, most) => Math.max(GAP, Math.min(value, most - GAP));
  const leftmost = room.width - size.width;
  const topmost = room.height - size.height;
  if (!spot) return { left: leftmost / 2, top: topmost / 2 };
  const fits = (value, most) => value >= GAP && value <= most - GAP;
  const tops = [spot.top + spot.height + GAP, spot.top - GAP - size.height];
  const top = tops.find((value) => fits(value, topmost));
  if (top !== undefined) return { left: within(spot.left, leftmost), top };
  const lefts = [spot.left + spot.width + GAP, spot.left - GAP - size.width];
  const left = lefts.find((value) => fits(value, leftmost));
  if (left !== undefined) return { left, top: within(spot.top, topmost) };
  return { left: within(spot.left, leftmost), top: topmost - GAP };
}

// The part of the spotlight that the dialog does not cover.
function uncovered(spot, { left, top }, size) {
  const beside = left >= spot.left + spot.width || left + size.width <= spot.left;
  const apart = top >= spot.top + spot.height || top + size.height <= spot.top;
  return beside || apart ? spot : { ...spot, height: Math.max(0, top - GAP - spot.top) };
}

function place() {
  const box = target()?.getBoundingClientRect();
  const spot = box && {
    left: box.left - RIM,
    top: box.top - RIM,
    width: box.width + 2 * RIM,
    height: box.height + 2 * RIM,
  };
  spotlight.hidden = !spot;
  dialog.classList.toggle("alone", !spot);
  const room = { width: document.documentElement.clientWidth, height: innerHeight };
  const size = dialog.getBoundingClientRect();
  const at = corner(spot, size, room);
  move(dialog, at);
  if (spot) move(spotlight, uncovered(spot, at, size));
}

// Makes the end of the page scrollable above the dialog.
function makeRoom() {
  document.body.style.setProperty("padding-bottom", `${dialog.offsetHeight + 2 * GAP}px`);
}

// Where to scroll the element to, so that the dialog fits below it.
function block(element) {
  const needed = dialog.offsetHeight + 2 * GAP + RIM;
  const free = innerHeight - element.getBoundingClientRect().height;
  return free / 2 >= needed ? "center" : "start";
}

function scroll(behavior) {
  const element = target();
  element?.scrollIntoView({ behavior, block: block(element) });
}

function show() {
  const { title, text } = steps[current];
  part("count").textContent = `Step ${current + 1} of ${steps.length}`;
  part("title").textContent = title;
  part("text").textContent = text;
  next.textContent = current === last ? "Done" : "Next";
  back.disabled = current === 0;
  skip.hidden = current === last;
  if (!dialog.open) dialog.showModal();
  if (!dialog.contains(document.activeElement) || document.activeElement.matches(":disabled, [hidden]")) {
    next.focus();
  }
  makeRoom();
  scroll(calm.matches ? "instant" : "smooth");
  place();
}

function go(index) {
  if (index < 0 || index > last) return;
  const { url, here } = stepUrl(index);
  if (!here) {
    location.assign(url);
    return;
  }
  current = index;
  history.replaceState(history.state, "", url);
  show();
}

function cycle(event) {
  const buttons = [...dialog.querySelectorAll("button:enabled:not([hidden])")];
  const [edge, other] = event.shiftKey ? [buttons[0], buttons.at(-1)] : [buttons.at(-1), buttons[0]];
  if (dialog.contains(document.activeElement) && document.activeElement !== edge) return;
  event.preventDefault();
  other.focus();
}

function press(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Tab") cycle(event);
  else if (event.key === "ArrowRight") go(current + 1);
  else if (event.key === "ArrowLeft") go(current - 1);
}

function resize() {
  makeRoom();
  // Rotating a phone changes the layout; a change of height alone is its address bar.
  if (innerWidth !== width) scroll("instant");
  width = innerWidth;
  place();
}

const listening = new AbortController();
const { signal } = listening;
const observer = new ResizeObserver(place);

function end() {
  listening.abort();
  observer.disconnect();
  spotlight.hidden = true;
  document.body.style.removeProperty("padding-bottom");
  const url = new URL(location);
  url.searchParams.delete("tour");
  history.replaceState(history.state, "", url);
}

skip.addEventListener("click", () => dialog.close(), { signal });
back.addEventListener("click", () => go(current - 1), { signal });
next.addEventListener("click", () => (current === last ? dialog.close() : go(current + 1)), { signal });
dialog.addEventListener("close", end, { signal });
document.addEventListener("keydown", press, { signal });
addEventListener("scroll", place, { signal, capture: true, passive: true });
addEventListener("resize", resize, { signal });
show();
observer.observe(document.body);
