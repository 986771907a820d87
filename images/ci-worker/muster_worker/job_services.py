"""Service containers of a workflow's job: which have a stand-in here, and the steps that make it ready.

The stand-ins are the database and the cache of the tests, new for each job.
"""

import re

from . import expressions
from .expressions import Unknown

KINDS = {
    "mysql": "database",
    "mysql-server": "database",
    "mariadb": "database",
    "percona": "database",
    "redis": "cache",
    "redis-alpine": "cache",
    "valkey": "cache",
}
PORTS = {"database": 3306, "cache": 6379}
FRESH = {"name": "Fresh database and cache", "shell": "bash", "run": "muster-service forget"}
# A port that a job's services have, in an expression.
PORT = re.compile(
    r"job\s*\.\s*services\s*(?:\.\s*([\w-]+)|\[\s*'([^']+)'\s*\])\s*(?:\.\s*ports|\[\s*'ports'\s*\])"
    r"\s*\[\s*'?(\d+)'?\s*\]"
)


def kind(image):
    """database, cache or None, by the name of an image as in docker.io/library/mariadb:11."""
    return KINDS.get(image.rpartition("/")[2].partition("@")[0].partition(":")[0].lower())


def of(job):
    """[(name, service)] of a job."""
    services = job.get("services")
    pairs = services.items() if isinstance(services, dict) else ()
    return [(name, {"image": each} if isinstance(each, str) else each if isinstance(each, dict) else {}) for name, each in pairs]


def image_of(service, context):
    try:
        return expressions.shown(expressions.fill(str(service.get("image", "")), context))
    except Unknown:
        return str(service.get("image", ""))


def obstacles(job, context):
    """Why a job's services cannot be had here."""
    found = {}
    for name, service in of(job):
        image = image_of(service, context)
        if not image:
            # Left out by its own expression, as on GitHub.
            continue
        what = kind(image)
        if what is None:
            yield f"it wants the service {name} ({image}), which has no stand-in here"
        elif what in found:
            yield f"it wants two services of one kind ({found[what]}, {name})"
        else:
            found[what] = name


def obstacles_of_called(job, context):
    """Why services of a job cannot be had where a workflow that is called asks for them: act reads that one itself."""
    names = [name for name, service in of(job) if kind(image_of(service, context))]
    if names:
        yield f"it wants the service {', '.join(names)}, which jobs of a workflow that another calls do not have"


def host_port(service, what):
    """The port of the machine that a job reaches a service at."""
    own = PORTS[what]
    for entry in service.get("ports") or ():
        parts = str(entry).partition("/")[0].split(":")
        if parts[-1] == str(own) and len(parts) > 1 and parts[-2].isdigit():
            return int(parts[-2])
    return own


def steps(job, context):
    """The steps that make a job's services ready. Their variables are the services', filled in when the job runs."""
    for name, service in of(job):
        what = kind(image_of(service, context))
        if what:
            step = {
                "name": f"Service {name}",
                "shell": "bash",
                "run": f"muster-service {what} {host_port(service, what)}",
            }
            yield {**step, "env": service["env"]} if isinstance(service.get("env"), dict) else step


def with_ports(text, job, context):
    """TEXT with the ports of a job's services in place of the expressions that ask for them."""
    services = dict(of(job))

    def replace(match):
        service = services.get(match[1] or match[2])
        what = service and kind(image_of(service, context))
        return f"'{host_port(service, what)}'" if what else match[0]

    return PORT.sub(replace, text)
