"""A workflow as act gets it: with the combinations that run here, and steps in place of service containers."""

import os

import yaml

from . import job_services, jobs


# Of the database of the tests. A job with services of its own has its own variables, and no others on GitHub.
DATABASE = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_USERNAME", "DB_PASSWORD", "MYSQL_HOME")


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def _scalar(dumper, text):
    plain = text.style is None
    tag = dumper.resolve(yaml.ScalarNode, str(text), (True, False)) if plain else "tag:yaml.org,2002:str"
    return dumper.represent_scalar(tag, str(text), text.style)


Dumper.add_representer(jobs.Text, _scalar)


def rewritten(workflow, plan, environ=os.environ):
    """The text of a workflow whose jobs act can run, with the variables of ENVIRON that lead to the tests' database."""
    taken = jobs.mapping(workflow.get("env"))
    database = {name: environ[name] for name in DATABASE if name in environ and name not in taken}
    services = any(job_services.of(workflow["jobs"][name]) for name in plan.contexts)
    there = {
        name: _job(job, plan.contexts[name], plan.matrix.get(name), database, services) if name in plan.contexts else job
        for name, job in workflow["jobs"].items()
    }
    return yaml.dump({**workflow, "jobs": there}, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1 << 20)


def _job(job, context, combinations, database, services):
    if job_services.of(job):
        steps = [*job_services.steps(job, context), *jobs.steps_of(job)]
        job = _with_ports({**job, "steps": steps}, job, context)
        del job["services"]
    elif "uses" not in job:
        env = job.get("env", {})
        job = {**job, "env": {**database, **env}} if database and isinstance(env, dict) else job
        # What another job had in them is not for this one.
        job = {**job, "steps": [job_services.FRESH, *jobs.steps_of(job)]} if services else job
    if combinations is not None:
        job = {**job, "strategy": {**job["strategy"], "matrix": {"include": combinations}}}
    return job


def _with_ports(value, job, context):
    if isinstance(value, dict):
        return {key: _with_ports(each, job, context) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_ports(each, job, context) for each in value]
    if isinstance(value, jobs.Text):
        text = jobs.Text(job_services.with_ports(value, job, context))
        text.style = value.style
        return text
    return value
