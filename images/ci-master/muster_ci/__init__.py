"""The team's CI: Buildbot's configuration. Modules that need no Buildbot say so; they are tested without it."""
