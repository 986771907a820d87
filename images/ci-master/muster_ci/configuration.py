"""Buildbot's configuration, from the settings."""

import socket

from buildbot.plugins import util, worker
from sqlalchemy.pool import QueuePool
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse

from . import access, change_hook, forms, live_steps, steps
from .disk import FullDisk
from .housekeeping import CHANGES_KEPT, Housekeeping
from .settings import password_of

RELEASE_WORKER = "release-worker"
WORKER_PORT = 9989


def configuration(settings):
    secrets = settings.secrets
    test_workers = list(settings.workers)
    return {
        "title": f"{settings.team} CI",
        "titleURL": f"{settings.url}/",
        "buildbotURL": f"{settings.url}/",
        "buildbotNetUsageData": None,
        # Keeps a connection open. Otherwise Buildbot opens one for each of a build's hundreds of statements, and SQLite
        # folds its write-ahead log into the database whenever the last one closes.
        "db": {"db_url": "sqlite:///state.sqlite", "engine_kwargs": {"poolclass": QueuePool}},
        "protocols": {"pb": {"port": _worker_port(settings.workers_host)}},
        "workers": [
            *(worker.Worker(name, secrets["WORKER_PASSWORD"], max_builds=1) for name in test_workers),
            *(_release_workers(settings) if settings.pipeline.deploys else ()),
        ],
        # Every push gets its own result.
        "collapseRequests": False,
        "changeHorizon": CHANGES_KEPT,
        "logCompressionMethod": "gz",
        "logMaxSize": 16 * 1024**2,
        "logMaxTailSize": 256 * 1024,
        "builders": _builders(settings, test_workers),
        "schedulers": forms.all_schedulers(settings.pipeline, settings.live),
        "services": [Housekeeping(), FullDisk()],
        "www": {
            "port": "tcp:8080",
            "plugins": {"console_view": True},
            "auth": access.TeamAuth(settings.account_url, secrets["CI_HOOK_SECRET"]),
            "authz": access.rules(settings),
            "change_hook_dialects": change_hook.dialects(settings),
            "change_hook_auth": [
                InMemoryUsernamePasswordDatabaseDontUse(**{access.MACHINE: secrets["CI_HOOK_SECRET"].encode()})
            ],
            "ui_default_config": {"Builders.show_old_builders": True},
            # Gravatar's would send browsers out of the team, with a hash of the address.
            "avatar_methods": [],
            # Gateways close idle connections.
            "ws_ping_interval": 30,
            # The portal and waiting pushes ask every few seconds, which is not worth a line each.
            "logfileName": "/dev/null",
        },
    }


def _worker_port(host):
    """Where workers connect: at one address only, so that nobody else of the team comes near, or at all of them."""
    return f"tcp:{WORKER_PORT}:interface={socket.gethostbyname(host)}" if host else f"tcp:{WORKER_PORT}"


def _release_workers(settings):
    """Those whose work goes live, each with a password of its own."""
    yield worker.Worker(RELEASE_WORKER, settings.secrets["RELEASE_WORKER_PASSWORD"], max_builds=1)
    for name in settings.live.deployers:
        yield worker.Worker(name, settings.secrets[password_of(name)], max_builds=1)


def _can_deploy(live):
    """Whether a worker is the one for the repository of a request: Buildbot asks for each that is free."""

    def can_start(_builder, for_builder, request):
        properties = request.properties
        return for_builder.worker.workername == live.deployer(properties.getProperty("project"))

    return can_start


def _builders(settings, test_workers):
    def builder(name, workers, step, description, **more):
        return util.BuilderConfig(
            name=name, workernames=workers, factory=_factory(step), description=description, workerbuilddir=name, **more
        )

    deployers = {"workers": settings.live.deployers, "canStartBuild": _can_deploy(settings.live)}

    tests = builder(
        forms.PIPELINE, test_workers, steps.Checkout(settings), "tests every push; builds a branch on request"
    )
    if not settings.pipeline.deploys:
        return [tests]
    return [
        tests,
        builder(
            forms.RELEASE,
            [RELEASE_WORKER],
            steps.Checkout(settings, releases=True),
            f"builds {settings.pipeline.deploy_branch}, and nothing else, for the live server",
        ),
        builder(
            forms.DEPLOY,
            step=live_steps.Deploy(settings),
            description="puts live what the pipeline hands over",
            **deployers,
        ),
        builder(
            forms.ROLLBACK,
            step=live_steps.Rollback(settings),
            description="puts an earlier release live again",
            **deployers,
        ),
    ]


def _factory(step):
    factory = util.BuildFactory([step])
    factory.workdir = "work"
    return factory
