#!/usr/bin/env bash
# Check a commit: style, form, security, what validate finds in configuration and templates
# (cfn-lint among it), and whether a dependency has a known hole. The checks run side by side,
# because together they then take as long as the longest; each one's output is shown whole, and
# each one's verdict counts.
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

# What passed once passes again while neither it nor the rules change. Black has a cache of its
# own, but by path, and CodeBuild gives each build another folder.
rules=$(cat setup.cfg pyproject.toml .bandit.yaml requirements/project.lock | sha256sum | cut -c1-16)
mkdir -p .cache/passed

# on_changed NAME FOLDERS COMMAND...: run a command that judges file by file.
on_changed() {
  local name=$1 passed=".cache/passed/$1-$rules" all="$folder/$1.all"
  local -a where
  read -ra where <<<"$2"
  shift 2
  find "${where[@]}" -name '*.py' -type f -print0 | xargs -0 sha256sum | LC_ALL=C sort >"$all" || return
  touch "$passed"
  LC_ALL=C comm -23 "$all" "$passed" | cut --characters=67- >"$folder/$name.changed"
  echo "$(wc -l <"$folder/$name.changed") of $(wc -l <"$all") files are new or have changed"
  xargs --no-run-if-empty --delimiter='\n' "$@" <"$folder/$name.changed" && cp "$all" "$passed"
}

# The rehearsal plane is no part of a release; CI checks it, and the whole of the rest again.
code="deploy_pipeline.py rollback.py src/delivery src/awsrules src/functions src/hooks"
tests="tests/contract tests/docs tests/integration tests/post_deploy tests/smoke tests/support tests/unit"

start validate python deploy_pipeline.py validate
start dependencies python deploy_pipeline.py dependencies --outcome-to build/dependency-audit.txt
start black on_changed black "$code $tests" black --check
start flake8 on_changed flake8 "$code $tests" flake8
start bandit on_changed bandit "$code" bandit --quiet --configfile .bandit.yaml

failed=()
for name in flake8 black bandit validate dependencies; do
  if wait "${started[$name]}"; then
    case $name in
    # Nobody may have been asked about holes; that check says itself what it came to.
    dependencies) sed "s/^/$name: /" "$folder/$name" ;;
    validate) echo "$name: passed" ;;
    *) echo "$name: passed ($(head -n 1 "$folder/$name"))" ;;
    esac
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
