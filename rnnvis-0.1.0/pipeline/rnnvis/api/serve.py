"""`rnnvis.serve`: the prebuilt explorer over a published folder, on loopback."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import rnnvis
from rnnvis.arguments import checks_arguments
from rnnvis.errors import RnnvisError
from rnnvis.published.publishing import read_manifest
from rnnvis.server.loopback import Serving, serve_mounts

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rnnvis</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="app/rnnvis-fonts.css">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:">
<style>html, body { margin: 0; height: 100% } rnnvis-explorer { display: block; height: 100vh }</style>
<script type="module" src="app/rnnvis-explorer.js"></script>
<rnnvis-explorer src="data/manifest.json"></rnnvis-explorer>
</html>
"""


def app() -> Path:
    """The folder of the built viewer: in the installed package, else in the checkout that it was installed from."""
    package = Path(rnnvis.__file__).parent
    for folder in (package / "app", package.parents[1] / "site" / "explorer" / "app"):
        if (folder / "rnnvis-explorer.js").is_file():
            return folder
    checkout = package.parents[1]
    if (checkout / "viewer" / "package.json").is_file():
        raise RnnvisError("the viewer is not built", f"in {checkout}: rnnvis viewer (it needs Node, once)")
    raise RnnvisError(
        f"rnnvis was installed without its viewer: {package / 'app'} is missing",
        "install a wheel that holds it: in a checkout of rnnvis, `make wheel` builds build/dist/rnnvis-….whl",
    )


@checks_arguments()
def serve(
    folder: str | Path, port: int = 0, *, browse: bool = False, prefix: str = "/", verbose: bool = False
) -> Serving:
    """Serve the published `folder` with the explorer on 127.0.0.1, in the background; port 0 picks a free one.

    `browse` opens the address in the system's browser, `prefix` is the URL path under which the explorer lies, and
    `verbose` prints every request. Raises RnnvisError: the folder holds no manifest of rnnvis, the viewer is not built,
    the port is taken.
    """
    read_manifest(Path(folder))
    mounts = {"app": app(), "data": Path(folder).resolve()}
    running = serve_mounts(_PAGE, mounts, port, prefix=prefix, said=verbose)
    if browse:
        webbrowser.open(running.url)
    return running
