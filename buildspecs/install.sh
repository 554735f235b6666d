#!/usr/bin/env bash
# Make the environment that a build works in, .cache/venv, exactly as the lock says. The lock
# holds a hash of every file; what does not match is not installed.
#
# The folder is cached with its compiled modules, which save more time than the downloads, and
# can be moved: CodeBuild gives each build another folder.
set -euo pipefail

bootstrap=".cache/bootstrap-$(sha256sum requirements/bootstrap.lock | cut -c1-16)"
uv="$bootstrap/bin/uv"
environment=.cache/venv

if [ ! -x "$uv" ]; then
  python -m pip install --quiet --disable-pip-version-check --no-cache-dir \
    --require-hashes --target "$bootstrap" --requirement requirements/bootstrap.lock
fi
# A cached environment of an interpreter that is gone cannot run.
if ! "$environment/bin/python" -c "" 2>/dev/null; then
  "$uv" venv --quiet --clear --relocatable --python "$(command -v python)" "$environment"
fi
"$uv" pip sync --quiet --require-hashes --python "$environment/bin/python" \
  requirements/project.lock
