#!/usr/bin/env bash
# Write down what a build made: in the artifact's folder $1, SHA256SUMS with the hash of every
# file, PACKAGES with the hash of every package that the template names, among them.
#
# Whoever deploys the artifact holds its hashes against these two, and SHA256SUMS itself against
# a variable that CodePipeline keeps with the execution.
set -euo pipefail
cd "$1"

grep --only-matching 's3://[^"'\'' ]*' packaged.yaml | sort --unique | while read -r package; do
  sum=$(aws s3 cp --only-show-errors "$package" - | sha256sum)
  echo "${sum%% *}  $package"
done >PACKAGES

sums=$(find . -type f ! -path '*/__pycache__/*' ! -name SHA256SUMS -print0 |
  sort --zero-terminated | xargs --null sha256sum)
echo "$sums" >SHA256SUMS
