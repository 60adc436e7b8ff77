"""Code in a Python of its own, for what shows only there: what an import brings along, and what a start says."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def in_new_process(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the code to its end, with these variables in its environment."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
