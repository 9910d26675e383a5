#!/bin/sh
# Usage: installed.sh DIST FOLDER. Installs the wheel in DIST into a fresh environment in FOLDER, and makes the demo there.
set -eu
dist=$(cd "$1" && pwd)
folder=$2
mkdir -p "$folder"
cd "$folder"
"${PYTHON:-python3}" -m venv venv
pip() { venv/bin/python -m pip --disable-pip-version-check "$@"; }
if [ -n "${TORCH_INDEX_URL:-}" ]; then
  pip install --quiet --index-url "$TORCH_INDEX_URL" torch==2.13.0
else
  pip install --quiet torch==2.13.0
fi
pip install --quiet "$dist"/rnnvis-*.whl
mkdir empty
cd empty
rnnvis="../venv/bin/python -m rnnvis.start"
$rnnvis --version
$rnnvis demo --no-serve
$rnnvis verify rnnvis-demo/site/explorer/data
../venv/bin/python - <<'SERVED'
import urllib.request
import rnnvis

with rnnvis.serve("rnnvis-demo/site/explorer/data") as running:
    for path in ("", "app/rnnvis-explorer.js", "data/manifest.json"):
        assert urllib.request.urlopen(running.url + path).status == 200, path
print("the demo is served")
SERVED
