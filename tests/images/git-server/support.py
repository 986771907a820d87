"""Finds the modules of the image, which lie in its folder lib."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["PYTHONPATH"].split(os.pathsep)[0], "lib"))
