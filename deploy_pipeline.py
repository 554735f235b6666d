#!/usr/bin/env python3
"""Deploy the pipeline, follow it and rehearse it; see ``--help``."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PYTHON = ROOT / ".venv" / "bin" / "python"
sys.path.insert(0, str(ROOT / "src"))

if find_spec("click") is None:
    if not PYTHON.exists() or Path(sys.prefix) == PYTHON.parent.parent:
        sys.exit("The tool is not set up here.\n  Next:  make setup")
    os.execv(
        PYTHON, [str(PYTHON), str(Path(__file__).resolve()), *sys.argv[1:]]
    )  # nosec B606 our own interpreter, no shell

if __name__ == "__main__":
    from delivery.cli.main import main

    main()
