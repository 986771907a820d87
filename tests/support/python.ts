import { spawnSync } from "node:child_process";

/** The first one in PATH may lack the packages that the system's own has. */
const CANDIDATES = ["python3", "/usr/bin/python3"];

/** The version is that of the images' tests (`unittest.TestCase.enterContext`); PyYAML reads the workflows. */
const NEEDS = "import sys, yaml; sys.exit(sys.version_info < (3, 11))";

/** A Python that can run the images' tests. */
export const findPython = (): string | undefined =>
  CANDIDATES.find((python) => spawnSync(python, ["-c", NEEDS], { stdio: "ignore" }).status === 0);

/** What to say where there is none. */
export const PYTHON_ADVICE =
  `The images' tests need Python 3.11 or newer with PyYAML, and neither ${CANDIDATES.join(" nor ")} is one. ` +
  "Install it (on Debian: apt-get install python3 python3-yaml).";
