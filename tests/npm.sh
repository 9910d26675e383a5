#!/bin/sh
# Runs npm in viewer/ with the Node that the build uses.
set -eu
cd "$(dirname "$0")/.."
node=$(.venv/bin/python -c 'from tools.website.node import npm; print(npm()[0])')
script=$(.venv/bin/python -c 'from tools.website.node import npm; print(npm()[1])')
PATH="$(dirname "$node"):$PATH"
export PATH
cd viewer
[ -d node_modules ] || "$node" "$script" ci --no-audit --no-fund
exec "$node" "$script" "$@"
