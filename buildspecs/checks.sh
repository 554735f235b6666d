#!/usr/bin/env bash
# Check a commit: style, form, security, what validate finds in configuration and templates
# (cfn-lint among it), and whether a dependency has a known hole. The checks run side by side, because together they then take
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

# The rehearsal plane is no part of a release; CI checks it, and the whole of the rest again.
released=(./*.py src/delivery src/awsrules src/functions src/hooks tests)
beside='*/rehearsal/*,tests/plane,tests/functional'

start validate python deploy_pipeline.py validate
start dependencies python deploy_pipeline.py dependencies --outcome-to build/dependency-audit.txt
start flake8 flake8 --extend-exclude "$beside" "${released[@]}"
start black black --check "${released[@]}"
start bandit bandit --quiet --recursive --configfile .bandit.yaml src/delivery src/awsrules src/functions src/hooks

failed=()
for name in flake8 black bandit validate dependencies; do
  if wait "${started[$name]}"; then
    # Nobody may have been asked about holes; that check says itself what it came to.
    if [ "$name" = dependencies ]; then sed "s/^/$name: /" "$folder/$name"; else echo "$name: passed"; fi
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
