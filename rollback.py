#!/usr/bin/env python3
"""Take a release back; see ``--help``."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PYTHON = ROOT / ".venv" / "bin" / "python"

if find_spec("delivery") is None:
    if PYTHON.exists() and Path(sys.prefix) != PYTHON.parent.parent:
        # Our own interpreter and our own arguments; no shell.
        os.execv(PYTHON, [str(PYTHON), __file__, *sys.argv[1:]])  # nosec B606
    sys.path.insert(0, str(ROOT / "src"))
if find_spec("click") is None:
    sys.exit("The tool is not set up here.\n  Next: make test")

if __name__ == "__main__":
    from delivery.cli.rollback import main

    main()
