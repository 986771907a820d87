"""What a site says that has nothing to show: what was found, what is missing, and what to do."""

import html

from muster_survey.text import fault_line

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="refresh" content="3">
  <title>{title}</title>
  <style>
    :root {{ color-scheme: light dark }}
    body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 16vh auto 0; padding: 0 1.5rem }}
    h1 {{ font-size: 1.7rem; line-height: 1.2 }}
    small {{ opacity: .7 }}
    code {{ overflow-wrap: anywhere }}
    pre {{ font-size: .8rem; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere;
      padding: .8rem 1rem; border-radius: .4rem;
      background: color-mix(in srgb, currentColor 8%, transparent) }}
  </style>
</head>
<body>
  <h1>{title}</h1>
{body}
  <p><small>This page looks again every 3 seconds.</small></p>
</body>
</html>
"""
# The page is a file: only the browser knows the domain.
SCRIPT = """  <script>
    for (const link of document.querySelectorAll("a[data-host]"))
      link.href = "//" + location.host.replace(/^[^.]+/, link.dataset.host)
  </script>
"""
CLOCK = """
  <script>
    const clock = document.querySelector("[data-since]")
    const tick = () => {
      const seconds = Math.max(0, Math.round(Date.now() / 1000 - clock.dataset.since))
      clock.textContent = seconds + (seconds === 1 ? " second" : " seconds")
    }
    tick()
    setInterval(tick, 1000)
  </script>"""


def page(title, *paragraphs, links=()):
    body = [f"  {each}" if each.startswith("<pre>") else f"  <p>{each}</p>" for each in paragraphs]
    if links:
        items = "".join(f'<li><a data-host="{host}">{text}</a></li>' for host, text in links)
        body.append(f"  <ul>{items}</ul>\n{SCRIPT}")
    return TEMPLATE.format(title=title, body="\n".join(body))


def code(text):
    return f"<code>{html.escape(text)}</code>"


def waiting(place, live, build=None):
    """The page of one repository; BUILD is what its member's editor says of building it."""
    name = code(place.name)
    if place.folder and place.survey is None:
        return page("This site cannot be shown", f"Looking at {name} failed; the log of the web server has the cause.")
    if place.survey is None and live:
        coming = f"What is pushed to the deploy branch of {name} and passes the tests appears here."
        return page("Nothing is live yet", coming)
    if place.survey is None:
        missing = f"There is no folder {code(f'/workspace/{place.name}')} yet."
        return page("No repository yet", f"{missing} The site appears here as soon as {name} is cloned.")
    found = place.survey
    faults = [html.escape(fault_line(fault)) for fault in found["faults"]]
    title, *said = _missing(found, live, build)
    return page(title, f"This is {name}. {said[0]}", *said[1:], *faults)


def _missing(found, live, build):
    root, server = found["root"], found["server"]
    if server:
        language = html.escape(server["language"])
        return (
            f"A server in {language} is not shown here",
            f"{html.escape(server['reason'])}. What is shown here is PHP, pages, and front ends after their build.",
            "If there is a site in it, name its folder with <code>root</code> in <code>muster.yaml</code>.",
        )
    if found["kind"].startswith("frontend") and root:
        what = html.escape(found["site"]["framework"] or "front end")
        folder = found["site"]["folder"]
        where = "" if folder == "." else f" in {code(folder)}"
        missing = f"It is a front end ({what}), and its build has not written {code(root['path'])} yet."
        if live:
            told = "Where it writes to is <code>dist</code> in <code>muster.yaml</code>."
            return "Its build wrote no page", f"{missing} {told}"
        return _unbuilt(found, missing, where, build)
    if root:
        return (
            "No index file",
            f"There is no {code('index.php')} and no {code('index.html')} in {code(root['path'])}. "
            "Put one there, or name another folder with <code>root</code> in <code>muster.yaml</code>.",
        )
    if found["kind"] == "library":
        return (
            "No page in it",
            "It looks like a library: it is tested, and has nothing to show. "
            "Put an index file at the root, or name a folder with <code>root</code> in <code>muster.yaml</code>.",
        )
    return (
        "Nothing to show yet",
        "There is no page in it. Put an <code>index.php</code> or <code>index.html</code> at the root, "
        "or name a folder with <code>root</code> in <code>muster.yaml</code>.",
    )


def _unbuilt(found, missing, where, build):
    by_hand = (
        f"Run <code>npm install</code> and <code>npm run build</code>{where} in the editor's terminal; "
        "while you work on it, <code>npm run dev</code> shows it at its own port."
    )
    if not build:
        if found["own"] == "manual":
            return "Not built yet", missing, by_hand
        return "Not built yet", missing, "Your editor's container installs and builds it within seconds.", by_hand
    command, log = code(build["command"]), code(build["log"])
    if build["state"] == "failed":
        return (
            "Its build failed",
            f"{command} {html.escape(build['why'])}:",
            f"<pre>{html.escape(build['last'])}</pre>",
            f"Correct it and commit: then it is built again. To see it fail, run it in the editor's terminal: "
            f"{code('cd ' + build['folder'] + ' && ' + build['command'])}. All that it said is in {log}.",
        )
    if build["state"] == "waiting":
        return "Not built yet", missing, f"{html.escape(build['why'])}: it is built when that ends."
    since = f'<span data-since="{build["since"]:.0f}">a moment</span>'
    return "Being built", missing, f"{command} has been running for {since}. What it says is in {log}.{CLOCK}"


def unknown(places, owner):
    """The page of names that no repository has."""
    known = [
        (owner if place is places[0] else f"{place.label}--{owner}", html.escape(place.name))
        for place in places
        if place is places[0] or place.label
    ]
    others = [f"{code(place.name)} has no address: {html.escape(place.why)}." for place in places if place.why]
    what = f"There is no folder of that name in {html.escape(owner)}'s workspace. What is cloned there is shown."
    if owner == "live":
        what = "Nothing of that name is live."
    return page("No such site", what, *others, "There are:", links=known)
