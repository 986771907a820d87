"""What a build says beside passed or failed: whether it goes live, and what was not run. Needs no Buildbot."""

# Lines about jobs that were not run; the log has all.
LINES = 8
NOT_RUN = "not_run"
REMARKS = "workflow_remarks"
FORM = "Build a branch"
# What helps where a commit has to be built anew. To push it again changes nothing; to rebuild it leads to the same worker.
AGAIN = f'push another commit, or use the CI\'s form "{FORM}"'
NOT_LIVE_ANY_MORE = f"this does not go live any more, and is not built beside what does: {AGAIN}"
TESTED_BESIDE = f"tested beside other branches, where nothing is built for the live server: {AGAIN}"
PACKAGE_GONE = f"the package is gone: {AGAIN}"


def not_live(repository, branch, pipeline, live):
    """Why nothing of a branch goes live, whatever its files are; None when it does."""
    if not pipeline.deploys:
        return "tested; there is no live site"
    if branch != pipeline.deploy_branch:
        return f"tested; live is built from {pipeline.deploy_branch}"
    if live.deployer(repository) is None:
        return (
            f"not deployed: {repository} is not on the roster: add it to muster:repositories, "
            f"or set muster:ci: {{ newRepositories: live }}; then {AGAIN}"
        )
    return None


def not_deployed(survey, repository, branch, pipeline, live):
    """Why a green build does not go live, as far as its files say; None when it does."""
    if why := not_live(repository, branch, pipeline, live):
        return why
    if survey["kind"] == "server":
        server = survey["server"]
        return f"not deployed: {server['language']} is not served here: {server['reason']}"
    return None


def jobs(answer):
    """(summary or "", lines) of what muster-workflows left out."""
    left_out, total = answer["left_out"], answer["jobs"]
    if not left_out:
        return "", []
    lines = [f"{each['job']}: {'; '.join(each['reasons'])}" for each in left_out]
    return f"{len(left_out)} of {total} jobs not run", first(lines)


def first(lines):
    """As many of the lines as a build shows, and how many more there are."""
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], f"… and {len(lines) - LINES + 1} more"]


def verdict(answer, lenient, unrunnable):
    """(passed, warnings, failed or skipped, what to say) of the step that runs workflows.

    What was not run is not passed: UNRUNNABLE ("warn" or "fail") says what it is. LENIENT makes failing jobs warnings, and
    so does a job's own continue-on-error.
    """
    summary, _ = jobs(answer)
    failed = f"{', '.join(answer['failed'])} failed" if answer["failed"] else ""
    allowed = f"{', '.join(answer['allowed'])} failed, as continue-on-error allows" if answer["allowed"] else ""
    stops = summary and unrunnable == "fail"
    left_out = f"{summary}, which muster:ci.unrunnable forbids" if stops else summary
    said = "; ".join(part for part in (failed, allowed, left_out) if part)
    if stops or (failed and not lenient):
        return "failed", said
    if said:
        return "warnings", said
    return ("passed", "") if answer["jobs"] else ("skipped", "no job is for this push")


def installation(answer, folder, tests, unrunnable):
    """(in short, in full) what is missing where development packages of Composer are out of reach. TESTS need them."""
    place = "" if folder == "." else f"{folder}/"
    before = f"{place}: " if place else ""
    short = f"{before}{f'{tests} not run' if tests else 'development packages not installed'}"
    stops = ", which muster:ci.unrunnable forbids" if unrunnable == "fail" else ""
    listed = ", ".join(answer["packages"]) + (f" and {answer['more']} more" if answer["more"] else "")
    why = f"{answer['host']} is out of reach, from where {place}composer.json has for development"
    return short + stops, f"{short}{stops}: {why}: {listed} (a mirror: muster:mirrors.composer)"
