"""How the packages of a package.json are installed and its scripts are run, in the CI and in editors alike."""

# The version for a repository that asks for none.
VERSIONS = {"pnpm": "10", "yarn": "1", "bun": "1"}
# Installs exactly what the lock says.
FROZEN = {
    "npm": ("ci", "--prefer-offline", "--no-audit", "--no-fund"),
    "pnpm": ("install", "--frozen-lockfile", "--prefer-offline"),
    "yarn": ("install", "--frozen-lockfile", "--non-interactive", "--prefer-offline"),
    "berry": ("install", "--immutable"),
    "bun": ("install", "--frozen-lockfile"),
}
UNLOCKED = {"npm": ("--no-audit", "--no-fund", "--no-package-lock")}


def program(manager, version):
    """The words before a manager's own; `muster-node` runs the version that is asked for."""
    return ("muster-node", manager if manager == "npm" else f"{manager}@{version or VERSIONS[manager]}")


def install(manager, version, lock):
    if not lock:
        return [*program(manager, version), "install", *UNLOCKED.get(manager, ())]
    berry = manager == "yarn" and not (version or VERSIONS[manager]).startswith("1")
    return [*program(manager, version), *FROZEN["berry" if berry else manager]]


def run(manager, version, script):
    return [*(("npm",) if manager == "npm" else program(manager, version)), "run", script]
