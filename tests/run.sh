#!/bin/sh
# All tests: quick checks, Python, viewer, and a real browser on the site that `make demo-build` left in build/site/.
set -eu
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS=1
sh tests/check.sh
.venv/bin/python -m rnnvis.cli verify build/site/explorer/data
sh tests/npm.sh test
.venv/bin/python -m pytest tests --numprocesses auto --maxprocesses 4 --dist loadfile
