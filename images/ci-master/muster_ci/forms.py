"""The schedulers, and the forms of the web pages."""

import sqlalchemy
from buildbot.plugins import schedulers, util
from buildbot.schedulers.forcesched import CollectedValidationError
from twisted.internet import defer
from twisted.python import log

from . import findings, requests

PIPELINE = "pipeline"
RELEASE = "release"
TESTS = (PIPELINE, RELEASE)
DEPLOY = "deploy"
ROLLBACK = "rollback"
# The step of a deployment whose outcome the pipeline repeats.
RELEASE_STEP = "release"


def virtual(project):
    """Shows a build of the one pipeline under the name of its repository."""
    return {
        "virtual_builder_name": project,
        "virtual_builder_tags": ["repository"],
        "virtual_builder_description": f"tests of {project}, and its way to the live server",
    }


def virtual_live(project):
    return {
        "virtual_builder_name": f"{project} live",
        "virtual_builder_tags": ["live"],
        "virtual_builder_description": f"releases of {project}",
    }


def of_source(name):
    """The virtual builder's property NAME, from the repository of the sources."""

    @util.renderer
    def value(properties):
        return virtual(properties.sourcestamps[0]["project"])[name]

    return value


def builder_of(chosen, live, project, branch):
    """The builder for a branch: what goes live is built where nothing else runs."""
    return RELEASE if findings.not_live(project, branch, chosen, live) is None else PIPELINE


class Form(schedulers.ForceScheduler):
    """A force scheduler whose values are checked together, by a function of `requests`."""

    def check(self, properties, source):
        """Returns (more properties, source); raises requests.Refused."""
        raise NotImplementedError

    @defer.inlineCallbacks
    def gatherPropertiesAndChanges(self, collector, **kwargs):
        properties, changes, sources = yield super().gatherPropertiesAndChanges(collector, **kwargs)
        collector.maybeRaiseCollectedErrors()
        try:
            more, source = self.check(properties, sources[""])
        except requests.Refused as error:
            raise CollectedValidationError(error.problems) from error
        properties.update(more, "Form")
        return properties, changes, {"": source}


class BuildForm(Form):
    chosen = None
    live = None

    def addBuildsetForSourceStampsWithDefaults(self, sourcestamps=None, **arguments):
        """Whoever fills in the form chooses a branch, not a builder."""
        [source] = sourcestamps
        arguments["builderNames"] = [builder_of(self.chosen, self.live, source["project"], source["branch"])]
        return super().addBuildsetForSourceStampsWithDefaults(sourcestamps=sourcestamps, **arguments)

    def check(self, properties, source):
        project, branch, revision = requests.build(source["project"], source["branch"], source["revision"])
        return virtual(project), {"project": project, "repository": "", "branch": branch, "revision": revision}


class RollbackForm(Form):
    live = None

    def check(self, properties, source):
        project, release = requests.rollback(
            properties.getProperty("repository"), properties.getProperty("release"), self.live
        )
        more = {**virtual_live(project), "project": project, "release": release}
        return more, {"project": project, "repository": "", "branch": None, "revision": None}


class PushScheduler(schedulers.AnyBranchScheduler):
    """Builds every change, even if the master was killed before it could queue the build.

    Members take turns: whoever pushes many branches at once keeps nobody else waiting for all of them.
    """

    LOOK_BACK = 200
    chosen = None
    live = None

    @defer.inlineCallbacks
    def addBuildsetForChanges(self, *, changeids, priority=None, **arguments):
        if priority is None:
            priority = yield self.master.db.pool.do(self._turn, changeids[-1])
        return (yield super().addBuildsetForChanges(changeids=changeids, priority=priority, **arguments))

    def _turn(self, connection, change):
        """The priority of a build: below those that its pusher waits for. What goes live keeps its order."""
        model = self.master.db.model
        changes, properties, requests = model.changes, model.change_properties, model.buildrequests
        project, branch, pusher = connection.execute(
            sqlalchemy.select(changes.c.project, changes.c.branch, properties.c.property_value)
            .outerjoin_from(
                changes,
                properties,
                (properties.c.changeid == changes.c.changeid) & (properties.c.property_name == "pusher"),
            )
            .where(changes.c.changeid == change)
        ).one()
        if builder_of(self.chosen, self.live, project, branch) != PIPELINE:
            return 0
        sources = model.buildset_sourcestamps
        lowest = connection.execute(
            sqlalchemy.select(sqlalchemy.func.min(requests.c.priority))
            .join_from(requests, sources, sources.c.buildsetid == requests.c.buildsetid)
            .join(changes, changes.c.sourcestampid == sources.c.sourcestampid)
            .join(properties, properties.c.changeid == changes.c.changeid)
            .where(requests.c.complete == 0, properties.c.property_name == "pusher", properties.c.property_value == pusher)
        ).scalar()
        return 0 if lowest is None else lowest - 1

    @defer.inlineCallbacks
    def activate(self):
        yield super().activate()
        if not self.enabled:
            return
        for change in (yield self.master.db.pool.do(self._forgotten)):
            log.msg(f"change {change} was stored, but the master ended before it was queued")
            yield self.addBuildsetForChanges(reason="scheduler", changeids=[change])

    def _forgotten(self, connection):
        model = self.master.db.model
        queued = sqlalchemy.select(model.buildset_sourcestamps.c.sourcestampid)
        changes = model.changes.c
        newest = sqlalchemy.select(sqlalchemy.func.max(changes.changeid)).scalar_subquery()
        missed = sqlalchemy.select(changes.changeid).where(
            changes.sourcestampid.not_in(queued), changes.changeid > newest - self.LOOK_BACK
        )
        return [row.changeid for row in connection.execute(missed.order_by(changes.changeid))]


def _text(name, label, **options):
    return util.StringParameter(name, label=label, size=40, maxsize=300, **options)


def _common():
    return {
        "reason": _text("reason", "Reason", default=""),
        "priority": util.IntParameter("priority", default=0, hide=True),
    }


def all_schedulers(chosen, live):
    @util.renderer
    def builder_of_push(properties):
        source = properties.sourcestamps[0]
        return [builder_of(chosen, live, source["project"], source["branch"])]

    build = BuildForm(
        name="build",
        builderNames=[PIPELINE],
        label=findings.FORM,
        buttonName=findings.FORM,
        **_common(),
        codebases=[
            util.CodebaseParameter(
                "",
                label="What to build",
                project=_text("project", "Repository", required=True),
                repository=util.FixedParameter("repository", default=""),
                branch=_text("branch", "Branch", default=chosen.deploy_branch, required=True),
                revision=_text("revision", "Commit (40 digits; empty: the newest)", default=""),
            )
        ],
    )
    build.chosen, build.live = chosen, live
    virtual_names = ("virtual_builder_name", "virtual_builder_tags", "virtual_builder_description")
    push = PushScheduler(
        name="push",
        treeStableTimer=None,
        builderNames=builder_of_push,
        properties={name: of_source(name) for name in virtual_names},
    )
    push.chosen, push.live = chosen, live
    return [
        push,
        build,
        *(_of_releases(live) if chosen.deploys else ()),
    ]


def _of_releases(live):
    fixed = util.FixedParameter
    rollback = RollbackForm(
        name=ROLLBACK,
        builderNames=[ROLLBACK],
        label="Roll back the live site",
        buttonName="Roll back",
        **_common(),
        codebases=[
            util.CodebaseParameter(
                "",
                hide=True,
                project=fixed("project", default=""),
                repository=fixed("repository", default=""),
                branch=fixed("branch", default=""),
                revision=fixed("revision", default=""),
            )
        ],
        properties=[
            _text("repository", "Repository", required=True),
            _text("release", "Release (empty: one step back)", default=""),
        ],
    )
    rollback.live = live
    return [schedulers.Triggerable(name=DEPLOY, builderNames=[DEPLOY]), rollback]
