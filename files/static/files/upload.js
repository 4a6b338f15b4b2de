// Uploads what is chosen, dropped or pasted: several at once, each with a row of its own.

const RUNNING_AT_ONCE = 3;
// What is sent again would be refused again.
const FINAL = [413, 422];
// What the server cannot tell so well, as it does not know this page.
const OWN_WORDS = {
  0: "The connection was lost. Try again.",
  401: "Your session has ended.",
  403: "This page is out of date. Reload it, then try again.",
};
// Where no word of the server's came through.
const WORDS = {
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
  const upload = { file, row, request: null, cancelled: false, sentAgain: false };
  for (const button of row.querySelectorAll("button")) {
    button.ariaLabel = `${button.textContent} ${file.name}`;
    button.addEventListener("click", () => ACTS[button.dataset.act](upload));
  }
  rows.append(row);
  rows.hidden = false;
  return upload;
}

function show(upload, words, { acts = [], busy = false, failed = false, signIn = false } = {}) {
  const { row } = upload;
  const focused = document.activeElement;
  row.classList.toggle("failed", failed);
  row.querySelector(".upload-words span").textContent = words;
  row.querySelector(".upload-words a").hidden = !signIn;
  row.querySelector("progress").hidden = !busy;
  for (const button of row.querySelectorAll("button")) {
    button.hidden = !acts.includes(button.dataset.act);
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
  const acts = again ? ["retry", "remove"] : ["remove"];
  show(upload, reason, { acts, failed: true, signIn });
  status.textContent = `${upload.file.name}: ${reason}`;
  batch.failed.set(upload, status.textContent);
}

function queue(upload) {
  upload.row.querySelector("progress").value = 0;
  upload.sentAgain = false;
  show(upload, "Waiting", { acts: ["cancel"], busy: true });
  waiting.push(upload);
}

function send(upload) {
  const request = new XMLHttpRequest();
  const data = new FormData();
  data.append("file", upload.file);
  upload.request = request;
  running.add(upload);
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => progressed(upload, event));
  // The server has it all: whatever is done here, it may be kept.
  request.upload.addEventListener("load", () => show(upload, "Checking", { busy: true }));
  request.addEventListener("loadend", () => ended(upload));
  request.open("POST", form.dataset.api);
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.send(data);
  show(upload, "Uploading", { acts: ["cancel"], busy: true });
}

function progressed({ row }, { loaded, total }) {
  row.querySelector("progress").value = total ? loaded / total : 0;
}

function ended(upload) {
  const { request } = upload;
  if (request.status === 403 && !upload.sentAgain) {
    sendAgain(upload);
    return;
  }
  running.delete(upload);
  upload.request = null;
  // What was cancelled or lost on the way may have arrived all the same.
  if (request.status === 0) batch.uncertain = true;
  if (upload.cancelled) {
    cancelled(upload);
  } else if (request.status >= 200 && request.status < 300) {
    batch.done.push(upload);
    show(upload, "Uploaded");
    refreshList();
  } else {
    const { status: code } = request;
    fail(upload, reason(request), { again: !FINAL.includes(code), signIn: code === 401 });
  }
  next();
}

// Who has signed in again in another tab has another token there, and here after a look at the list.
async function sendAgain(upload) {
  upload.sentAgain = true;
  show(upload, "Uploading", { busy: true });
  const page = await fetch(form.dataset.list).then((answer) => answer.text()).catch(() => "");
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("#upload [name=csrfmiddlewaretoken]");
  if (fresh) document.getElementsByName("csrfmiddlewaretoken").forEach((token) => { token.value = fresh.value; });
  send(upload);
}

function reason({ status: code, response }) {
  const fields = Object.values(response?.fields ?? {}).flat();
  if (fields.length > 0) return fields.join(" ");
  return OWN_WORDS[code] ?? response?.message ?? WORDS[code] ?? `The server answered with an error (${code}).`;
}

function cancelled(upload) {
  upload.cancelled = false;
  show(upload, "Cancelled", { acts: ["retry", "remove"] });
  status.textContent = `${upload.file.name}: cancelled`;
}

const ACTS = {
  cancel(upload) {
    if (upload.request) {
      upload.cancelled = true;
      upload.request.abort();
    } else {
      waiting.splice(waiting.indexOf(upload), 1);
      cancelled(upload);
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

// All uploads.

function next() {
  while (waiting.length > 0 && running.size < RUNNING_AT_ONCE) send(waiting.shift());
  if (running.size === 0) finish();
  else status.textContent = `Uploading ${count(running.size + waiting.length)} …`;
}

function finish() {
  const { done, failed, uncertain } = batch;
  batch = newBatch();
  done.forEach(removeRow);
  const words = [];
  if (done.length > 0) words.push(`${count(done.length)} uploaded.`);
  if (failed.size === 1) words.push(...failed.values());
  if (failed.size > 1) words.push(`${count(failed.size)} not uploaded; the reasons are below.`);
  if (words.length > 0) status.textContent = words.join(" ");
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

function refusal(file, isFolder) {
  if (isFolder) return "Folders can’t be uploaded. Open the folder and choose its files.";
  if (file.size > Number(form.dataset.maxSize)) return form.dataset.tooLarge;
  return null;
}

function add(files, isFolder = () => false) {
  [...files].forEach((file, place) => {
    const upload = addRow(file);
    const refused = refusal(file, isFolder(place));
    if (refused) fail(upload, refused, { again: false });
    else queue(upload);
  });
  next();
}

// Where files come from.

function carriesFiles(transfer) {
  return transfer?.types.includes("Files");
}

function dropping(isDropping) {
  document.documentElement.classList.toggle("dropping", isDropping);
}

input.addEventListener("change", () => {
  // A copy: emptying the input, so that the same file can be chosen again, empties its list.
  const files = [...input.files];
  input.value = "";
  add(files);
});

window.addEventListener("dragover", (event) => {
  if (!carriesFiles(event.dataTransfer)) return;
  event.preventDefault();
  dropping(true);
});

window.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) dropping(false);
});

window.addEventListener("drop", (event) => {
  dropping(false);
  if (!carriesFiles(event.dataTransfer)) return;
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

// A download is a navigation too, but one that leaves the page where it is.
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
