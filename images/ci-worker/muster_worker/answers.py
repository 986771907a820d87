"""How the muster-* commands answer the master: as JSON in their last lines.

Buildbot splits long lines, so a long answer is split here, into marked lines.
"""

import json

MARK = "answer: "
WIDTH = 2000


def tell(value):
    text = json.dumps(value)
    for start in range(0, len(text), WIDTH):
        print(MARK + text[start : start + WIDTH], flush=True)
