// Uploads chosen, dropped and pasted files, several at once, each with its own row.

const RUNNING_AT_ONCE = 3;
// Retrying cannot help.
const FINAL = [413, 422];
// The server's messages for these do not fit this page.
const PAGE_MESSAGES = {
  0: "The connection was lost. Try again.",
  401: "Your session has ended.",
  403: "This page is out of date. Reload it, then try again.",
};
// For responses without a message.
const DEFAULT_MESSAGES = {
  413: "The file is too large.",
  429: "Too many uploads at once. Wait a moment and try again.",
  503: "The site is busy. Try again in a moment.",
};

const form = document.getElementById("upload");
const input = form.querySelector("input[type=file]");
const section = document.getElementById("uploads");
const status = section.querySelector("[role=status]");
const rows = section.querySelector("ul");
const template = section.querySelector("template");

const waiting = [];
const running = new Set();
let batch = newBatch();
let downloading = false;

// One upload: its file, its row, and the request while there is one.

function addRow(file) {
  const row = template.content.firstElementChild.cloneNode(true);
  row.querySelector("bdi").textContent = file.name;
  row.querySelector("progress").ariaLabel = `Upload of ${file.name}`;
  const upload = { file, row, request: null, cancelled: false, isRetry: false };
  for (const button of row.querySelectorAll("button")) {
    button.ariaLabel = `${button.textContent} ${file.name}`;
    button.addEventListener("click", () => ACTIONS[button.dataset.act](upload));
  }
  rows.append(row);
  rows.hidden = false;
  return upload;
}

function show(upload, message, { actions = [], busy = false, failed = false, signIn = false } = {}) {
  const { row } = upload;
  const focused = document.activeElement;
  row.classList.toggle("failed", failed);
  row.querySelector(".upload-words span").textContent = message;
  row.querySelector(".upload-words a").hidden = !signIn;
  row.querySelector("progress").hidden = !busy;
  for (const button of row.querySelectorAll("button")) {
    button.hidden = !actions.includes(button.dataset.act);
  }
  if (row.contains(focused) && focused.hidden) focusButton(row);
}

function focusButton(place) {
  (place.querySelector("button:not([hidden])") ?? input).focus();
}

function removeRow({ row }) {
  const focused = row.contains(document.activeElement);
  row.remove();
  rows.hidden = rows.childElementCount === 0;
  if (focused) focusButton(rows);
}

function fail(upload, reason, { again = true, signIn = false } = {}) {
  const actions = again ? ["retry", "remove"] : ["remove"];
  show(upload, reason, { actions, failed: true, signIn });
  status.textContent = `${upload.file.name}: ${reason}`;
  batch.failed.set(upload, status.textContent);
}

function queue(upload) {
  upload.row.querySelector("progress").value = 0;
  upload.isRetry = false;
  show(upload, "Waiting", { actions: ["cancel"], busy: true });
  waiting.push(upload);
}

function send(upload) {
  const request = new XMLHttpRequest();
  const data = new FormData();
  data.append("file", upload.file);
  upload.request = request;
  running.add(upload);
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => showProgress(upload, event));
  // The server has the whole file and may store it: cancelling is no longer possible.
  request.upload.addEventListener("load", () => show(upload, "Checking", { busy: true }));
  request.addEventListener("loadend", () => finishRequest(upload));
  request.open("POST", form.dataset.api);
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.send(data);
  show(upload, "Uploading", { actions: ["cancel"], busy: true });
}

function showProgress({ row }, { loaded, total }) {
  row.querySelector("progress").value = total ? loaded / total : 0;
}

function finishRequest(upload) {
  const { request } = upload;
  if (request.status === 403 && !upload.isRetry) {
    retryWithNewToken(upload);
    return;
  }
  running.delete(upload);
  upload.request = null;
  // A cancelled or lost upload may have been stored.
  if (request.status === 0) batch.uncertain = true;
  if (upload.cancelled) {
    showCancelled(upload);
  } else if (request.status >= 200 && request.status < 300) {
    batch.done.push(upload);
    show(upload, "Uploaded");
    refreshList();
  } else {
    const { status: code } = request;
    fail(upload, describeError(request), { again: !FINAL.includes(code), signIn: code === 401 });
  }
  next();
}

// After signing in again in another tab, the CSRF token is outdated: take the current one from the list.
async function retryWithNewToken(upload) {
  upload.isRetry = true;
  show(upload, "Uploading", { busy: true });
  const page = await fetch(form.dataset.list).then((answer) => answer.text()).catch(() => "");
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("#upload [name=csrfmiddlewaretoken]");
  if (fresh) document.getElementsByName("csrfmiddlewaretoken").forEach((token) => { token.value = fresh.value; });
  send(upload);
}

function describeError({ status: code, response }) {
  const fields = Object.values(response?.fields ?? {}).flat();
  if (fields.length > 0) return fields.join(" ");
  return PAGE_MESSAGES[code] ?? response?.message ?? DEFAULT_MESSAGES[code] ?? `The server answered with an error (${code}).`;
}

function showCancelled(upload) {
  upload.cancelled = false;
  show(upload, "Cancelled", { actions: ["retry", "remove"] });
  status.textContent = `${upload.file.name}: cancelled`;
}

const ACTIONS = {
  cancel(upload) {
    if (upload.request) {
      upload.cancelled = true;
      upload.request.abort();
    } else {
      waiting.splice(waiting.indexOf(upload), 1);
      showCancelled(upload);
      next();
    }
  },
  retry(upload) {
    batch.failed.delete(upload);
    queue(upload);
    next();
  },
  remove: removeRow,
};

// The queue of uploads.

function next() {
  while (waiting.length > 0 && running.size < RUNNING_AT_ONCE) send(waiting.shift());
  if (running.size === 0) finish();
  else status.textContent = `Uploading ${count(running.size + waiting.length)} …`;
}

function finish() {
  const { done, failed, uncertain } = batch;
  batch = newBatch();
  done.forEach(removeRow);
  const messages = [];
  if (done.length > 0) messages.push(`${count(done.length)} uploaded.`);
  if (failed.size === 1) messages.push(...failed.values());
  if (failed.size > 1) messages.push(`${count(failed.size)} not uploaded. The reasons are below.`);
  if (messages.length > 0) status.textContent = messages.join(" ");
  if (uncertain) refreshList();
}

function refreshList() {
  document.getElementById("files").dispatchEvent(new Event("uploaded"));
}

function newBatch() {
  return { done: [], failed: new Map(), uncertain: false };
}

function count(number) {
  return number === 1 ? "1 file" : `${number} files`;
}

function findRejection(file, isFolder) {
  if (isFolder) return "Folders can’t be uploaded. Open the folder and choose its files.";
  if (file.size > Number(form.dataset.maxSize)) return form.dataset.tooLarge;
  return null;
}

function add(files, isFolder = () => false) {
  [...files].forEach((file, place) => {
    const upload = addRow(file);
    const rejection = findRejection(file, isFolder(place));
    if (rejection) fail(upload, rejection, { again: false });
    else queue(upload);
  });
  next();
}

// Sources of files.

function hasFiles(transfer) {
  return transfer?.types.includes("Files");
}

function markDropZone(isDropping) {
  document.documentElement.classList.toggle("dropping", isDropping);
}

input.addEventListener("change", () => {
  // Copied, because emptying the input, so that the same file can be chosen again, empties its list.
  const files = [...input.files];
  input.value = "";
  add(files);
});

window.addEventListener("dragover", (event) => {
  if (!hasFiles(event.dataTransfer)) return;
  event.preventDefault();
  markDropZone(true);
});

window.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) markDropZone(false);
});

window.addEventListener("drop", (event) => {
  markDropZone(false);
  if (!hasFiles(event.dataTransfer)) return;
  event.preventDefault();
  const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
  const folders = items.map((item) => item.webkitGetAsEntry()?.isDirectory);
  add(event.dataTransfer.files, (place) => folders[place]);
});

document.addEventListener("paste", (event) => {
  const { files, types } = event.clipboardData;
  const isTyping = event.target.closest?.("input, textarea") && types.includes("text/plain");
  if (files.length === 0 || isTyping) return;
  event.preventDefault();
  add(files);
});

// A download fires beforeunload too, but does not leave the page.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-download]")) return;
  downloading = true;
  setTimeout(() => { downloading = false; }, 1000);
});

window.addEventListener("beforeunload", (event) => {
  const unfinished = running.size + waiting.length > 0 || rows.querySelector("a:not([hidden])");
  if (unfinished && !downloading) event.preventDefault();
});

form.classList.add("ready");
form.querySelector(".upload-hint").hidden = false;
form.querySelector(".button").hidden = true;
input.required = false;
if (input.files.length > 0) input.dispatchEvent(new Event("change"));
