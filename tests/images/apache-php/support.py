import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../../../images", path) for path in ("apache-php/sites", "php/survey")]
sys.dont_write_bytecode = True

from muster_sites import generator, hosts, links, pages, places  # noqa: E402

__all__ = ["generator", "hosts", "links", "pages", "places", "write"]


def write(folder, files):
    """Paths → texts; a text that begins with "→ " is a link."""
    for path, content in files.items():
        place = os.path.join(folder, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if content.startswith("→ "):
            os.symlink(content[2:], place)
            continue
        with open(place, "w", encoding="utf-8") as file:
            file.write(content)
