"""muster-lint-php [--exclude PATH]... [--lenient FOLDER]...: php -l on every PHP file of the commit; tells all errors.

What is in a lenient folder was copied from elsewhere: an error there is named, and is none of the team's. Status 0: no
errors; 3: in lenient folders alone; 1: errors.
"""

import argparse
import collections
import concurrent.futures
import re
import subprocess
import sys

LENIENT = 3
# One process takes many files.
AT_ONCE = 200
PROCESSES = 2
PHP = ("php", "-d", "display_errors=1", "-d", "log_errors=0", "-d", "html_errors=0", "-l")
ERROR = re.compile(r"(?:PHP )?(?:Parse|Fatal) error: .* in (?:\./)?(?P<path>.+?) on line \d+$")
BROKEN = re.compile(r"Errors parsing (?:\./)?(?P<path>.+)")
# What PHP says of a file that it takes.
REMARK = re.compile(r"(?:PHP )?(Deprecated|Warning|Notice|Strict Standards): ")


def below(path, folders):
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def files(exclude):
    listed = subprocess.run(["git", "ls-files", "-z", "--", "*.php", "*.phtml"], stdout=subprocess.PIPE, check=True)
    paths = listed.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [path for path in paths if path and not below(path, exclude)]


def check(paths):
    """The lines that PHP says about files: about each that is broken, and remarks."""
    batches = [paths[start : start + AT_ONCE] for start in range(0, len(paths), AT_ONCE)]
    with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
        for lines in pool.map(_lines, batches):
            yield from lines


def _lines(paths):
    # A file may be named like an option.
    done = subprocess.run(
        [*PHP, *(f"./{path}" for path in paths)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode not in (0, 255):
        raise OSError(f"php -l ended with status {done.returncode}")
    return done.stdout.decode("utf-8", "replace").splitlines()


def sort(lines, lenient):
    """(errors, errors in lenient folders, {remark: how often}), one error for each broken file at least"""
    errors, forgiven, remarks, told = [], [], collections.Counter(), set()
    for line in lines:
        error, broken = ERROR.match(line), BROKEN.match(line)
        path = (error or broken) and (error or broken)["path"]
        if error or (broken and path not in told):
            told.add(path)
            (forgiven if below(path, lenient) else errors).append(line.replace(f"./{path}", path))
        elif remark := REMARK.match(line):
            remarks[remark[1]] += 1
    return errors, forgiven, remarks


def main(arguments):
    parser = argparse.ArgumentParser(prog="muster-lint-php")
    parser.add_argument("--exclude", action="append", default=[])
    parser.add_argument("--lenient", action="append", default=[])
    chosen = parser.parse_args(arguments)
    paths = files(chosen.exclude)
    errors, forgiven, remarks = sort(check(paths), chosen.lenient)
    for remark, count in sorted(remarks.items()):
        print(f"{remark}: {count} time(s)")
    for line in forgiven:
        print(f"Note: copied code: {line}")
    for line in errors:
        print(line)
    print(f"{len(paths)} PHP file(s), {len(errors) or 'no'} syntax error(s)")
    return 1 if errors else LENIENT if forgiven else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"muster: {error}")
