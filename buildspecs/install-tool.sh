#!/usr/bin/env bash
# Make the small environment that the deploy tool needs inside the pipeline, .cache/tool: three
# packages out of the lock, at its versions and with its hashes. As in install.sh, the folder is
# cached with its compiled modules.
set -euo pipefail

bootstrap=".cache/bootstrap-$(sha256sum requirements/bootstrap.lock | cut -c1-16)"
uv="$bootstrap/bin/uv"
environment=.cache/tool

if [ ! -x "$uv" ]; then
  python -m pip install --quiet --disable-pip-version-check --no-cache-dir \
    --require-hashes --target "$bootstrap" --requirement requirements/bootstrap.lock
fi
# A cached environment of an interpreter that is gone cannot run.
if ! "$environment/bin/python" -c "" 2>/dev/null; then
  "$uv" venv --quiet --clear --relocatable --python "$(command -v python)" "$environment"
fi
"$uv" pip install --quiet --verify-hashes --python "$environment/bin/python" \
  --constraint requirements/project.lock boto3 click PyYAML
