#!/usr/bin/env bash
# A build step of your own. Every *.sh in this folder runs in the order of its name, after
# the tests and before packaging, from the root of the repository, with the build's tools on
# the PATH. A command that fails ends the build. Replace or remove this one.

test -f environment_config.yaml
echo "The configuration of this build is $(sha256sum environment_config.yaml | cut -c1-12)."
