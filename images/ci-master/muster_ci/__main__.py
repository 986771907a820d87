"""Checks the settings and says what is wrong with them, before anything starts."""

import os
import sys

from .names import Invalid
from .settings import of_environment

try:
    of_environment(os.environ)
except Invalid as error:
    sys.exit("\n".join(f"muster: {line}" for line in str(error).split("\n")))
