// The steps for this browser's own system stand open.
for (const steps of document.querySelectorAll("[data-agent]")) {
  steps.open = new RegExp(steps.dataset.agent).test(navigator.userAgent);
}

const state = document.querySelector("[data-check]");

function show(name) {
  state.dataset.state = name;
  for (const text of state.querySelectorAll("[data-for]")) text.hidden = text.dataset.for !== name;
}

// Asks another name of the team by https, since a browser that was told to go on all the same did so for this name only.
async function check() {
  try {
    await fetch(state.dataset.check, { mode: "no-cors", cache: "no-store" });
    show("trusted");
  } catch {
    show("untrusted");
  }
}

check();
// Whoever comes back from the system's settings sees that they count.
setInterval(() => {
  if (document.visibilityState === "visible" && state.dataset.state === "untrusted") check();
}, 3000);
