// What pages need beyond HTML: dropping a file, and showing what changes while it changes.
"use strict";

const LARGEST = 2e6 - 20000; // the server takes 2 MB, form and all

function complain(form, text) {
  const place = form.querySelector("[data-complaint]");
  place.textContent = text;
  place.hidden = !text;
}

// A notebook's outputs are pictures and tables: nobody grades them, and they are large.
async function withoutOutputs(file) {
  if (!file.name.toLowerCase().endsWith(".ipynb")) return file;
  try {
    const notebook = JSON.parse(await file.text());
    for (const cell of notebook.cells) {
      if (cell.outputs) cell.outputs = [];
      delete cell.attachments;
    }
    return new File([JSON.stringify(notebook)], file.name, { type: file.type });
  } catch {
    return file; // the server says what is wrong with it
  }
}

function dropZone(form) {
  const input = form.querySelector("input[type=file]");
  const over = (event, on) => {
    event.preventDefault();
    form.classList.toggle("over", on);
  };
  form.addEventListener("dragover", (event) => over(event, true));
  form.addEventListener("dragleave", (event) => over(event, false));
  form.addEventListener("drop", (event) => {
    over(event, false);
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      form.querySelector("button").focus();
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.sent) return;
    const file = await withoutOutputs(input.files[0]);
    if (file.size > LARGEST) {
      complain(form, `${file.name} is larger than 2 MB: is it the right file?`);
      return;
    }
    const files = new DataTransfer();
    files.items.add(file);
    input.files = files.files;
    form.dataset.sent = "yes"; // a second press is not a second submission
    form.submit();
  });
}

// Put the page's newest #live in place of this one; what is open stays open.
async function renew() {
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = document.getElementById("live");
  const after = page.getElementById("live");
  const key = (one) => one.id || one.querySelector("summary")?.textContent.replace(/[\d.,/%]+/g, "");
  const open = new Set([...before.querySelectorAll("details[open]")].map(key));
  const known = new Set([...before.querySelectorAll("details")].map(key));
  for (const one of after.querySelectorAll("details")) {
    if (known.has(key(one))) one.open = open.has(key(one));
  }
  before.replaceWith(after);
  return after;
}

function follow(live) {
  const stream = new EventSource(live.dataset.follow);
  stream.onmessage = async (event) => {
    const news = JSON.parse(event.data);
    const status = live.querySelector("[data-status]");
    if (news.state === "waiting") {
      status.textContent = news.ahead ? `It waits: ${news.ahead} before it.` : "It is next.";
    } else if (news.state === "judging") {
      status.textContent = "It is being judged.";
    } else {
      stream.close();
      const after = await renew();
      after?.querySelector("h1")?.focus(); // a screen reader goes on where the verdict begins
    }
  };
}

function watch(live) {
  const stream = new EventSource(live.dataset.live);
  let first = true;
  let due = null;
  stream.onmessage = () => {
    if (first) {
      first = false; // how things are now, which the page shows already
      return;
    }
    due ??= setTimeout(async () => {
      due = null;
      const after = await renew();
      if (after && !after.dataset.live) stream.close();
    }, 700);
  };
}

for (const form of document.querySelectorAll("[data-drop]")) dropZone(form);
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-drop]")) delete form.dataset.sent;
});
for (const live of document.querySelectorAll("[data-follow]")) follow(live);
for (const live of document.querySelectorAll("[data-live]")) watch(live);
