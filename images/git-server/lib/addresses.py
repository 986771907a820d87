"""Which repositories have a site of their own: the host name <repository>--<owner>, as the web servers read it."""

import re

# Characters of a host name's label, and of what stands before an owner of the shortest name that everybody has: live.
LABEL = 63
LONGEST = LABEL - len("--live")


def missing(name, first):
    """Why a repository has no address, or None. The first one has the address of its owner."""
    label = re.sub(r"[._]", "-", name)
    if name == first:
        return None
    if "--" in label:
        return 'its name has "--", which separates the parts of an address; "." and "_" count as "-"'
    if label.endswith("-"):
        return "its name does not end in a letter or a digit"
    if len(label) > LONGEST:
        return f"its name is longer than {LONGEST} characters"
    return None
