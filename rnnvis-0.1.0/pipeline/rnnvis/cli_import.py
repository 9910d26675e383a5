"""The command `rnnvis import`: states that were saved in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rnnvis.progress import say


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to publish into.")
@click.option("--state", "states", multiple=True, metavar="NAME=ARRAY", help="A state, as lstm.0.h=ARRAY; repeatable.")
@click.option("--tokens", metavar="REF", help="Text with a sentence a line (.txt), or an array of ids or words.")
@click.option("--vocabulary", metavar="REF", help="Words by id: .txt, .dict, .json, or an array of words.")
@click.option("--labels", metavar="REF", help="A class a sentence: .txt, or an array of numbers or names.")
@click.option("--lengths", metavar="REF", help="Steps of each sentence: an array of numbers.")
@click.option("--sentences", metavar="REF", help="The number of its sentence at each step: an array.")
@click.option("--end", metavar="WORD", help="The word that ends each sentence of a stream.")
@click.option("--every", type=click.IntRange(1), help="Cut a stream after so many steps; 50 where nothing is said.")
@click.option("--characters", is_flag=True, help="Tokens of a text file are single characters.")
@click.option(
    "--initial", type=click.Choice(["zero", "carried"]), help="State before a sentence: carried in a stream, else zero."
)
@click.option(
    "--padding",
    type=click.Choice(["left", "right", "none"]),
    help="Where padded rows hold their padding; seen by ids and states otherwise.",
)
@click.option(
    "--minimum-count",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="Uses from which a word is clustered.",
)
@click.option("--name", help="What the model is called; by default as the first file.")
@click.option("--dataset", default="recorded text", show_default=True, help="What the text is called.")
@click.option("--no-text", is_flag=True, help="Publish no sentence: what is left are vocabulary, units and clusters.")
@click.option(
    "--method",
    "methods",
    multiple=True,
    metavar="NAME",
    help="Co-cluster by block (alone by default), direction, spectral, modularity or rnnvis; repeatable.",
)
@click.option(
    "--largest-k", type=click.IntRange(2, 255), default=30, show_default=True, help="Co-cluster into up to so many."
)
@click.option(
    "--states-megabytes",
    type=click.IntRange(1),
    help="Publish the states of a sample of sentences, so many MiB a state.",
)
def import_(files: tuple[Path, ...], **options: Any) -> None:
    """Measure states that were saved in FILES, and publish them for `rnnvis serve`.

    FILES are .npy, .npz, .parquet, .safetensors, .h5 or .hdf5 with states [steps, units], or the lstm.yml of an
    LSTMVis project. A REF is FILE, FILE:ARRAY, or an array of the first file. Nothing in a file is executed.
    """
    from rnnvis.api.import_files import import_files

    for line in import_files(files, **options):
        say(line)
