"""What members may do through the CI's API. Needs no Buildbot."""

# By what it is done to; the same words end workers and masters.
OF_MEMBERS = {"force": "forceschedulers", "rebuild": "builds", "stop": "builds", "cancel": "buildrequests"}
# One of these may also be named by its place below another thing.
OTHERS = frozenset({"workers", "masters", "schedulers"})


def is_members(path, action):
    """Whether ACTION on the API's PATH, as in ("builds", 7), is one of theirs."""
    words = [word for word in path if isinstance(word, str)]
    return OF_MEMBERS.get(action.lower()) in words and not OTHERS.intersection(words)
