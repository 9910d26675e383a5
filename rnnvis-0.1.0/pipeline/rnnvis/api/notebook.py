"""What a recording shows in a notebook: the explorer in a frame of its own, or a table where there is no viewer."""

from __future__ import annotations

import html
from importlib.resources import files as resources
from typing import TYPE_CHECKING

import numpy as np

from rnnvis.api.page import document
from rnnvis.errors import RnnvisError
from rnnvis.published.inlining import Inlined

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording

HEIGHT = 760
TOP = 6
_SMALL = "margin: 4px 0 0; font: 12px/18px system-ui, sans-serif; opacity: .75"


def frame(held: Inlined) -> str:
    """The explorer as notebook output.

    The frame's content is sandboxed: it has an origin of its own, and reaches neither notebook nor kernel. It follows
    the theme of JupyterLab and VS Code, which a script beside it tells it. The line below stays where a notebook that
    is not trusted, or a preview, leaves frames out.
    """
    follow = resources("rnnvis.api").joinpath("notebook.js").read_text(encoding="utf-8")
    content = html.escape(document(held))
    return (
        f'<iframe sandbox="allow-scripts allow-downloads" allow="clipboard-write" loading="lazy" '
        f'title="rnnvis explorer" srcdoc="{content}" '
        f'style="display: block; box-sizing: border-box; width: 100%; height: {HEIGHT}px; '
        f'border: 1px solid rgba(128, 128, 128, .35); border-radius: 6px"></iframe><script>{follow}</script>'
        f'<p style="{_SMALL}">{html.escape(_below(held))}</p>'
    )


def summary(recording: Recording, problem: RnnvisError | None = None) -> str:
    """A plain table of the states: units, and the words that move them most; below it, why it is no explorer."""
    rows = "".join(
        f"<tr><td><code>{html.escape(name)}</code></td><td>{len(state.units.mean):,}</td>"
        f"<td>{html.escape(', '.join(_top(recording, name)))}</td></tr>"
        for name, state in recording.states.items()
    )
    why = f'<p style="{_SMALL}">No explorer here: {html.escape(str(problem))}</p>' if problem else ""
    return (
        f"<p><b>Recording of {html.escape(recording.model_name)}</b>: {len(recording.tokens):,} sequences, "
        f"{recording.steps:,} steps, {len(recording.words):,} words</p>"
        f"<table><thead><tr><th>state</th><th>units</th><th>words that change it most</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{why}"
    )


def _top(recording: Recording, state: str) -> list[str]:
    """The words with the largest mean change among those with enough uses."""
    responses = recording.responses[state]
    norm = np.where(responses.count >= recording.minimum_count, np.nan_to_num(responses.norm), -1)
    order = np.argsort(-norm, kind="stable")[:TOP]
    return [recording.words[word] for word in order if norm[word] > 0]


def _below(held: Inlined) -> str:
    return (
        f"This output holds the explorer and {held.bytes / 1e6:.1f} MB of data. Search over the text, concordance and "
        f'SQL need a server: recording.publish("out/"), then rnnvis.serve("out/", browse=True).'
    )
