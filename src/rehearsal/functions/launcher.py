"""Start AWS's runtime client in a worker, and leave when the plane is gone.

Runs in the function's own environment, as a file, without the project's code.
"""

import os
import runpy
import sys
import threading


def leave_with_the_plane() -> None:
    """Exit when the plane's end of standard input closes: also when it was killed."""
    while os.read(0, 1024):
        continue
    os._exit(0)


threading.Thread(target=leave_with_the_plane, daemon=True).start()
sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
sys.argv = ["awslambdaric", os.environ["_HANDLER"]]
runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
