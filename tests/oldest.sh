#!/bin/sh
# Usage: oldest.sh VENV. The tests that need neither a browser nor the built viewer, with what requirements/oldest.sh installed.
set -eu
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS=1
exec "$1/bin/python" -m pytest tests/python tests/attacks
