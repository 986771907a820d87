"""A workflow as act gets it: with the combinations that run here, and steps in place of service containers."""

import yaml

from . import job_services, jobs


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def _scalar(dumper, text):
    plain = text.style is None
    tag = dumper.resolve(yaml.ScalarNode, str(text), (True, False)) if plain else "tag:yaml.org,2002:str"
    return dumper.represent_scalar(tag, str(text), text.style)


Dumper.add_representer(jobs.Text, _scalar)


def rewritten(workflow, plan):
    """The text of a workflow whose jobs act can run."""
    there = {name: _job(name, job, plan) for name, job in workflow["jobs"].items()}
    return yaml.dump({**workflow, "jobs": there}, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1 << 20)


def _job(name, job, plan):
    if name not in plan.contexts:
        return job
    context = plan.contexts[name]
    if job_services.of(job):
        steps = [*job_services.steps(job, context), *job.get("steps", [])]
        job = _with_ports({**job, "steps": steps}, job, context)
        del job["services"]
    if name in plan.matrix:
        job = {**job, "strategy": {**job["strategy"], "matrix": {"include": plan.matrix[name]}}}
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
