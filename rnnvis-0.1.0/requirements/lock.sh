#!/bin/sh
# Writes run.txt and test.txt: every requirement pinned with its hashes, for Python 3.11 and newer on all platforms.
set -eu
cd "$(dirname "$0")"
compile() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links --excludes without.in "$@"
}
compile run.in -o run.txt
compile test.in -c run.txt -o test.txt
