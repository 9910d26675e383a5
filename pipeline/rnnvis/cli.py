"""The `rnnvis` command: one subcommand for each stage."""

from __future__ import annotations

import errno
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from rnnvis.errors import RnnvisError, unusable
from rnnvis.progress import say
from rnnvis.recipes.keep.lock import working
from rnnvis.recipes.keep.project import Project
from rnnvis.version import __version__


class Commands(click.Group):
    """Prints what a user can put right without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RnnvisError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            click.echo(f"Error: {unusable(error)}", err=True)
            sys.exit(1)
        except UnicodeEncodeError as error:
            text = error.object if isinstance(error.object, str) else str(error.object)
            click.echo(f"Error: {text!a}: a name that is no Unicode text\n  Fix: give it another name", err=True)
            sys.exit(1)
        except MemoryError:
            click.echo("Error: there is not enough memory\n  Fix: close other programs, or take less text", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            self._stopped(130)
        except Exception as error:
            if type(error).__name__ == "InterruptException":  # Ctrl-C while DuckDB is at work
                self._stopped(130)
            raise

    def _stopped(self, status: int) -> None:
        click.echo("Stopped. Finished stages are kept; the same command goes on from here.", err=True)
        sys.exit(status)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rnnvis")
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("."),
    help="The checkout to work in: the folder that holds datasets/.",
)
@click.pass_context
def main(context: click.Context, root: Path) -> None:
    """See what the hidden units of a recurrent model remember, and why it answered that.

    Each stage reads what the one before left under build/ and keeps its own result there until its
    configuration, its input or its code changes.
    """
    context.obj = Project(root.resolve())


dataset_argument = click.argument("dataset")
models_argument = click.argument("models", nargs=-1)


@main.command()
@dataset_argument
@models_argument
@click.option("--seed", "seeds", type=int, multiple=True, help="Train these seeds; the card's first one by default.")
@click.pass_obj
def train(project: Project, dataset: str, models: tuple[str, ...], seeds: tuple[int, ...]) -> None:
    """Fetch the corpus of DATASET and train its MODELS (all of them by default)."""
    from rnnvis.recipes import plan

    with working(project):
        plan.run(project, plan.training(project, dataset, models, seeds))


@main.command()
@dataset_argument
@models_argument
@click.pass_obj
def record(project: Project, dataset: str, models: tuple[str, ...]) -> None:
    """Run the trained MODELS over the text and measure what each unit responds to."""
    from rnnvis.recipes import plan

    with working(project):
        plan.run(project, plan.recording(project, dataset, models))


@main.command("import")
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
def import_(files: tuple[Path, ...], **options: Any) -> None:
    """Measure states that were saved in FILES, and publish them for `rnnvis serve`.

    FILES are .npy, .npz, .parquet, .safetensors, .h5 or .hdf5 with states [steps, units], or the lstm.yml of an
    LSTMVis project. A REF is FILE, FILE:ARRAY, or an array of the first file. Nothing in a file is executed.
    """
    from rnnvis.api.import_files import import_files

    for line in import_files(files, **options):
        say(line)


@main.command()
@dataset_argument
@models_argument
@click.pass_obj
def cluster(project: Project, dataset: str, models: tuple[str, ...]) -> None:
    """Co-cluster words and units of the recorded MODELS, for every number of clusters."""
    from rnnvis.recipes import plan

    with working(project):
        plan.run(project, plan.clustering(project, dataset, models))


@main.command()
@dataset_argument
@models_argument
@click.pass_obj
def ablate(project: Project, dataset: str, models: tuple[str, ...]) -> None:
    """Measure the loss of the clustered MODELS without each unit, and without each cluster of units."""
    from rnnvis.recipes import plan

    with working(project):
        plan.run(project, plan.ablation(project, dataset, models))


@main.command()
@click.argument("datasets", nargs=-1)
@click.pass_obj
def publish(project: Project, datasets: tuple[str, ...]) -> None:
    """Write the manifest and the Parquet files of DATASETS (all by default) into site/explorer/data/."""
    from rnnvis.recipes.steps.publish import publish as write

    with working(project):
        say(f"Published in {write(project, datasets)}")


@main.command()
@dataset_argument
@click.pass_obj
def results(project: Project, dataset: str) -> None:
    """Write the tables of DATASET's language models into datasets/<name>/results/: those that are trained here.

    Rows of models that were trained elsewhere stay, as long as the same text and card made them.
    """
    from rnnvis.recipes.steps.cell_results import update_measures
    from rnnvis.recipes.steps.language_results import update_table

    with working(project):
        of = project.dataset(dataset)
        say(f"Results in {update_table(project, of)} and {update_measures(project, of)}")


@main.command()
@click.pass_obj
def site(project: Project) -> None:
    """Build the viewer and the pages around the published data, into build/site/."""
    from rnnvis.recipes.website import website

    with working(project):
        website(project, "site")


@main.command()
@click.pass_obj
def viewer(project: Project) -> None:
    """Build only the viewer, for `rnnvis.serve` and notebooks."""
    from rnnvis.recipes.website import website

    with working(project):
        website(project, "viewer")


@main.command()
@click.pass_obj
def wheel(project: Project) -> None:
    """Build the viewer, and a wheel of the package with the viewer inside, into build/dist/."""
    from rnnvis.recipes.website import website

    with working(project):
        website(project, "wheel")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port on 127.0.0.1; 0 picks a free one.",
)
@click.option("--prefix", default="/", show_default=True, help="URL path under which the folder is served.")
@click.option("--verbose", is_flag=True, help="Print every request.")
@click.pass_obj
def serve(project: Project, folder: Path | None, port: int, prefix: str, verbose: bool) -> None:
    """Serve the built site (or FOLDER) on loopback, with range requests, until Ctrl-C.

    Of a FOLDER that `rnnvis import` or a recording published, the explorer is shown.
    """
    if folder is not None and (folder / "manifest.json").is_file() and not (folder / "index.html").is_file():
        from rnnvis.api.serve import serve as serve_published

        with serve_published(folder, port) as published:
            click.echo(f"Serving {published.url}  (Ctrl-C stops)")
            published.wait()
        return
    from rnnvis.recipes.website import built_site
    from rnnvis.server.loopback import serve_site

    with serve_site(folder or built_site(project), port, prefix=prefix, said=verbose) as running:
        click.echo(f"Serving {running.url}  (Ctrl-C stops)")
        running.wait()


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.pass_obj
def verify(project: Project, folder: Path | None) -> None:
    """Check every file that the manifest in FOLDER names: size, checksum, rows, schema, order, values.

    FOLDER is a published one, or a built site. A file of rows that no manifest names is a problem too.
    """
    from rnnvis.published.verify import verify as check

    report = check(folder or project.data)
    for problem in report.problems:
        click.echo(problem, err=True)
    if report.problems:
        raise RnnvisError(
            f"{len(report.problems)} problems found",
            "publish again: rnnvis publish; build a site again: rnnvis site; drop what no manifest names: rnnvis tidy",
        )
    click.echo(f"{report.files} files, {report.rows:,} rows, {report.bytes:,} bytes: all as the manifest says")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.pass_obj
def tidy(project: Project, folder: Path | None) -> None:
    """Drop the files of rows that the manifest in FOLDER does not name.

    Those are what `rnnvis publish` kept for pages that were still open, and what a publish left that was stopped.
    """
    from rnnvis.published import kept
    from rnnvis.published.publishing import named_files, read_manifest

    home = folder or project.data
    click.echo(f"{kept.tidy(home, named_files(read_manifest(home)))} files dropped in {home}")


@main.command()
@click.argument("datasets", nargs=-1)
@click.option("--quick", is_flag=True, help="First seed of each model only: what the demo shows.")
@click.option("--only", multiple=True, metavar="MODEL", help="Only these models.")
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--no-site", is_flag=True, help="Stop after publishing the data.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Steps at once (on Linux).")
@click.pass_obj
def regenerate(
    project: Project,
    datasets: tuple[str, ...],
    quick: bool,
    only: tuple[str, ...],
    dry_run: bool,
    no_site: bool,
    jobs: int,
) -> None:
    """Make everything that the site shows: run what is missing or stale, keep the rest.

    Without --quick, every seed of every model card is trained, and the table of results under
    datasets/<name>/results/ is written anew.
    """
    from rnnvis.recipes import plan

    if dry_run:
        plan.regenerate(project, datasets, quick=quick, only=only, dry_run=True)
        return
    with working(project):
        plan.regenerate(project, datasets, quick=quick, only=only, with_site=not no_site, jobs=jobs)


@main.group()
def corpus() -> None:
    """Look at the text of a dataset, or make a dataset of a file."""


class _Kinds(click.Choice[str]):
    """The kinds of corpus, which are looked up when they are needed."""

    def __init__(self) -> None:
        self.case_sensitive = True

    @property
    def choices(self) -> list[str]:  # type: ignore[override]
        """Their names, by alphabet."""
        from rnnvis.text.kinds import FILE_KINDS

        return sorted(FILE_KINDS)


def _source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
        (("--kind",), {"type": _Kinds(), "help": "What the path is; guessed otherwise."}),
        (("--text",), {"metavar": "COLUMN", "help": "Column of a table with the text, by name or position."}),
        (("--label",), {"metavar": "COLUMN", "help": "Column with the label, by name or position."}),
        (("--split",), {"metavar": "COLUMN", "help": "Column that says train, valid or test; else a hash decides."}),
        (("--group",), {"metavar": "COLUMN", "help": "Column whose equal values stay in one split, as an author."}),
        (("--encoding",), {"metavar": "NAME", "help": "Encoding of the files, such as latin-1; UTF-8 otherwise."}),
        (("--header/--no-header",), {"default": None, "help": "Whether the first line names the columns."}),
        (("--format",), {"type": click.Choice(["csv", "tsv", "jsonl", "parquet"]), "help": "Format of a table."}),
        (("--labels",), {"metavar": "NAMES", "help": "Names of the classes in the order of their numbers: bad,good."}),
        (("--classes",), {"type": click.Choice(["2", "5"]), "help": "Classes of yelp and sst."}),
        (("--delimiter",), {"metavar": "MARK", "help": "What parts the fields, such as ; or tab."}),
        (("--quotes/--no-quotes",), {"default": None, "help": "Whether quotation marks hold fields, or are text."}),
        (("--quote",), {"metavar": "MARK", "help": 'The quotation mark; " otherwise.'}),
        (("--tokenised/--cut",), {"default": None, "help": "Running text: words stand between spaces, or are cut."}),
        (("--tokens",), {"type": click.Choice(["words", "characters", "segmented"]), "help": "What a token is."}),
        (("--minimum-count",), {"type": click.IntRange(1), "help": "Uses from which a word is known; 2 otherwise."}),
        (("--most-sentences",), {"type": click.IntRange(0), "help": "Take so many, drawn by a hash; 0: all."}),
        (("--most-tokens",), {"type": click.IntRange(0), "help": "Leave longer sentences out; 0: none."}),
        (("--addresses/--no-addresses",), {"default": None, "help": "Web addresses and @names as one token each."}),
    )
    for names, settings in reversed(options):
        command = click.option(*names, **settings)(command)
    return command


@corpus.command()
@dataset_argument
@_source_options
@click.pass_obj
def inspect(project: Project, dataset: str, **options: Any) -> None:
    """Print size, balance of the classes, unknown words and lengths of every split.

    DATASET is a dataset under datasets/, or the path of a file or folder that has no configuration yet.
    """
    from rnnvis.recipes.corpus import inspect as look

    look(project, dataset, options)


@corpus.command()
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
@_source_options
@click.pass_obj
def new(project: Project, name: str, path: Path, **options: Any) -> None:
    """Make the dataset NAME of the file or folder PATH: configuration, model card and data card."""
    from rnnvis.recipes.corpus import new as make

    folder = make(project, name, path, options)
    say(f"The dataset is in {folder}. Next: {next_commands(project, name)}")


def next_commands(project: Project, name: str) -> str:
    """What to type after a dataset was made: in a checkout the site is built, elsewhere the data are served."""
    if project.has_website:
        return f"rnnvis regenerate {name} --quick, then rnnvis serve"
    return f"rnnvis regenerate {name} --quick --no-site, then rnnvis serve {shlex.quote(str(project.shown_data))}"


if __name__ == "__main__":
    main()
