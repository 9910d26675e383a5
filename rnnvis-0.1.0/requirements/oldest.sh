#!/bin/sh
# Usage: oldest.sh VENV. Makes an environment with the oldest version of everything that pyproject.toml asks for, as far as
# TORCH (2.13.0 otherwise) lets it, and this checkout; then: OMP_NUM_THREADS=1 VENV/bin/python -m pytest tests/python
set -eu
venv=$1
here=$(cd "$(dirname "$0")/.." && pwd)
"${PYTHON:-python3}" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
"$venv/bin/python" - "$here/pyproject.toml" > "$venv/oldest.txt" <<'PINS'
import sys
import tomllib

project = tomllib.load(open(sys.argv[1], "rb"))["project"]
for needed in project["dependencies"] + project["optional-dependencies"]["import"]:
    name, _, version = needed.partition(">=")
    if name != "torch":
        print(f"{name}=={version}")
PINS
if [ -n "${TORCH_INDEX_URL:-}" ]; then
  pip install --index-url "$TORCH_INDEX_URL" "torch==${TORCH:-2.13.0}"
else
  pip install "torch==${TORCH:-2.13.0}"
fi
pip install -r "$venv/oldest.txt"
pip install -c "$venv/oldest.txt" pytest hypothesis pillow setuptools
pip install --no-deps --no-build-isolation --editable "$here"
