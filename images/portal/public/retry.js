// Loads the page anew as soon as something other than the gateway answers.
(() => {
  const every = 2000;
  const patience = 45_000;
  const since = Date.now();
  let timer;

  const attempt = async () => {
    clearTimeout(timer);
    try {
      const answer = await fetch(location.href, {
        method: "HEAD",
        cache: "no-store",
        // A redirect to a log-in is an answer too.
        redirect: "manual",
        signal: AbortSignal.timeout(10_000),
      });
      if (!answer.headers.has("x-muster-unavailable")) return location.reload();
    } catch {
      // The gateway itself is away for a moment.
    }
    if (Date.now() - since > patience) document.getElementById("later").hidden = false;
    if (!document.hidden) timer = setTimeout(attempt, every);
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) attempt();
  });
  timer = setTimeout(attempt, every);
})();
