// Keeps the portal's page up to date. Without it the page shows the states of its own moment.
(() => {
  const every = 4000;
  const texts = JSON.parse(document.documentElement.dataset.texts);
  const say = (text, values) => texts[text].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const shown = [...document.querySelectorAll("[data-service]")];
  const summary = document.getElementById("summary");
  const checked = document.getElementById("checked");
  // Parts of the page that the portal writes as HTML, with all names made safe.
  const parts = ["delivery", "journal", "reports"].map((id) => ({
    id,
    node: document.getElementById(id),
    shown: undefined,
  }));
  let timer;

  // Screen readers announce what is written, so only changes are.
  const write = (node, text) => {
    if (node.textContent !== text) node.textContent = text;
  };

  const show = ({ checkedAt, services }) => {
    let up = 0;
    let known = true;
    const all = shown.length;
    for (const node of shown) {
      const state = services[node.dataset.service] ?? "unknown";
      node.dataset.state = state;
      write(node.lastElementChild, texts[state] ?? state);
      if (state === "up") up += 1;
      if (state === "unknown") known = false;
    }
    if (all > 0 && known) {
      write(summary, up === all ? texts.allUp : say("someUp", { up, all }));
    }
    if (checkedAt !== null) write(checked, say("checkedAt", { time: new Date(checkedAt).toLocaleTimeString() }));
    document.body.classList.remove("stale");
  };

  // A part is touched only when something has changed.
  const showPart = (part, html) => {
    const { node, shown } = part;
    if (html === shown) return;
    part.shown = html;
    const focused = node.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const open = node.querySelector("details")?.open ?? false;
    node.innerHTML = html;
    if (open) node.querySelector("details")?.setAttribute("open", "");
    if (focused === null) return;
    [...node.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
  };

  const ask = async (path, cache) => {
    const answer = await fetch(path, { cache, signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer;
  };

  const update = async () => {
    clearTimeout(timer);
    try {
      const there = parts.filter(({ node }) => node !== null);
      const [status, ...texts] = await Promise.all([
        ask("/api/status", "no-store").then((answer) => answer.json()),
        ...there.map(({ id }) => ask(`/api/${id}`, "no-cache").then((answer) => answer.text())),
      ]);
      if (status.roster !== document.documentElement.dataset.roster) return location.reload();
      show(status);
      for (const [index, part] of there.entries()) showPart(part, texts[index]);
    } catch {
      document.body.classList.add("stale");
      write(summary, texts.portalAway);
    }
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(update, every);
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) update();
  });

  const filter = document.getElementById("filter");
  if (filter !== null) {
    const cards = [...document.querySelectorAll(".members .card")];
    const nobody = document.getElementById("nobody");
    const count = document.getElementById("count");
    const apply = () => {
      const wanted = filter.value.trim().toLowerCase().split(/\s+/);
      for (const card of cards) card.hidden = !wanted.every((word) => card.dataset.find.includes(word));
      const found = cards.filter((card) => !card.hidden).length;
      nobody.hidden = found > 0;
      write(count, found === cards.length ? `${found}` : say("found", { found, all: cards.length }));
    };
    filter.addEventListener("input", apply);
    filter.parentElement.hidden = false;
    // A browser that comes back to the page has kept what was typed.
    apply();
  }

  if (!document.hidden) update();
})();
