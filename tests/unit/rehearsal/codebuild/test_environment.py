"""What a build finds around it: interpreters that builds beginning together share."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

from rehearsal.codebuild.environment import tools_folder


def test_builds_that_begin_together_find_the_same_tools_whole(tmp_path: Path) -> None:
    builds = 8
    together = threading.Barrier(builds)

    def begin(round_: int) -> Path:
        folder = tmp_path / str(round_)
        folder.mkdir(exist_ok=True)
        plane = SimpleNamespace(directory=lambda *names: folder)
        together.wait()
        return tools_folder(plane)

    with ThreadPoolExecutor(builds) as pool:
        for round_ in range(20):
            (folder,) = set(pool.map(begin, [round_] * builds))
            names = {each.name for each in folder.iterdir()}
            assert {"python", "pip", "aws"} <= names
            assert not any("." in name.removeprefix("python3.") for name in names)
            assert all(os.access(folder / name, os.X_OK) for name in names)
