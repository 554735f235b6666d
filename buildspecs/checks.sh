#!/usr/bin/env bash
# Check a commit: style, form, security, and what validate finds in configuration and
# templates (cfn-lint among it). The checks run side by side, because together they then take
# as long as the longest; each one's output is shown whole, and each one's verdict counts.
set -uo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

declare -A started=()
start() {
  local name=$1
  shift
  "$@" >"$folder/$name" 2>&1 &
  started[$name]=$!
}

start validate python deploy_pipeline.py validate
start flake8 flake8 ./*.py src tests
start black black --check ./*.py src tests
start bandit bandit --quiet --recursive --configfile .bandit.yaml src

failed=()
for name in flake8 black bandit validate; do
  if wait "${started[$name]}"; then
    echo "$name: passed"
  else
    failed+=("$name")
    echo "$name: FAILED"
    grep -v 'is not a test name or id, ignoring$' "$folder/$name"
  fi
done

if [ ${#failed[@]} -gt 0 ]; then
  echo "These checks failed: ${failed[*]}"
  exit 1
fi
