"""Where things lie in a checkout, or any other folder, and the datasets and model cards that it configures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rnnvis.config import Card, DatasetConfig, PronouncerConfig, VoiceConfig, read, read_card
from rnnvis.errors import RnnvisError
from rnnvis.progress import say


@dataclass(frozen=True)
class Dataset:
    """One folder under `datasets/`: its configuration, and by name the cards of models that are trained and of those
    that come `ready` out of packages. A dataset has models of one of these two sorts."""

    folder: Path
    config: DatasetConfig
    cards: dict[str, Card]
    ready: dict[str, PronouncerConfig] = field(default_factory=dict)

    def card(self, name: str) -> Card:
        """The model card called `name`."""
        if name in self.ready:
            raise RnnvisError(
                f"{self.folder}: {name} comes trained out of a package, and has no stages of its own",
                f"rnnvis regenerate {self.config.name} makes all of it",
            )
        if name not in self.cards:
            known = ", ".join([*self.cards, *self.ready]) or "none"
            raise RnnvisError(f'{self.folder}: no model card named "{name}"', f"cards here: {known}")
        return self.cards[name]

    def label(self, card: Card, seed: int, epoch: int | None = None) -> str:
        """What the steps of one training are called; "+" is in no name, so that no two trainings share a label."""
        end = [] if epoch is None else [f"epoch{epoch}"]
        return "+".join([self.config.name, card.name, f"seed{seed}", *end])


@dataclass(frozen=True)
class VoiceStudy:
    """One folder under `datasets/` that holds the study of a voice detector, and no dataset."""

    folder: Path
    config: VoiceConfig


@dataclass(frozen=True)
class Project:
    """A checkout, or any other folder: `datasets/` in, `build/` for what is kept between runs, `site/explorer/` out."""

    root: Path

    @property
    def build(self) -> Path:
        """Everything that can be made again."""
        return self.root / "build"

    @property
    def downloads(self) -> Path:
        """Files fetched by name, version and hash."""
        return self.build / "downloads"

    @property
    def data(self) -> Path:
        """The published folder: manifest and Parquet."""
        return self.root / "site" / "explorer" / "data"

    @property
    def has_website(self) -> bool:
        """Whether this is a checkout of rnnvis itself, which can build the site."""
        return (self.root / "tools" / "website" / "__main__.py").is_file()

    @property
    def shown_data(self) -> Path:
        """`data` as it is typed in the present folder."""
        here = Path.cwd()
        return self.data.relative_to(here) if self.data.is_relative_to(here) else self.data

    def names(self) -> list[str]:
        """Names of the datasets that this checkout configures."""
        return sorted(path.parent.name for path in (self.root / "datasets").glob("*/dataset.toml"))

    def studies(self) -> dict[str, VoiceStudy]:
        """By name, the studies that need no dataset."""
        from rnnvis.recipes.keep.limits import check_study

        found = {}
        for path in sorted((self.root / "datasets").glob("*/study.toml")):
            config = read(VoiceConfig, path)
            if config.name != path.parent.name:
                raise RnnvisError(f'{path}: "name" is "{config.name}"', f'name it "{path.parent.name}", as its folder')
            check_study(config, path)
            found[config.name] = VoiceStudy(path.parent, config)
        return found

    def dataset(self, name: str) -> Dataset:
        """The dataset called `name`; every mistake in its files is an error that names file and key."""
        from rnnvis.recipes.keep.limits import check_card, check_dataset, check_models, check_pronouncer

        folder = self.root / "datasets" / name
        if name not in self.names():
            known = ", ".join(self.names()) or (
                f"none under {self.root / 'datasets'}; make one of a file: rnnvis corpus new {name} FILE"
            )
            raise RnnvisError(f'no dataset named "{name}"', f"datasets here: {known}")
        config = read(DatasetConfig, folder / "dataset.toml")
        if config.name != name:
            raise RnnvisError(f'{folder}/dataset.toml: "name" is "{config.name}"', f'name it "{name}", as its folder')
        check_dataset(config, folder / "dataset.toml")
        cards: dict[str, Card] = {}
        ready: dict[str, PronouncerConfig] = {}
        for path in sorted(folder.glob("*.toml")):
            if path.name == "dataset.toml":
                continue
            card = read_card(path)
            if card.name in cards or card.name in ready:
                raise RnnvisError(f'{path}: "name" is "{card.name}", as in another card', "give each card its own name")
            if isinstance(card, PronouncerConfig):
                check_pronouncer(card, config, path)
                ready[card.name] = card
            else:
                check_card(card, path)
                cards[card.name] = card
            if cards and ready:
                raise RnnvisError(
                    f"{path}: beside models that are trained, {folder.name} has one that comes ready out of a package",
                    "make a dataset of its own for it",
                )
        check_models(config, {**cards, **ready}, folder / "dataset.toml")
        return Dataset(folder, located(config, folder), cards, ready)

    def datasets(self, names: Sequence[str] = ()) -> list[Dataset]:
        """The datasets called `names`; without names all whose text can be had, those that are fetched first, and
        among them those of models that are trained.

        Datasets of the user's own files are passed over where these are not there, and it is said which.
        """
        from rnnvis.text import source_files

        if names:
            return [self.dataset(name) for name in names]
        found, absent = [], []
        for dataset in map(self.dataset, self.names()):
            source = dataset.config.source
            try:
                source_files(source)
            except RnnvisError as error:
                if Path(source.path).exists():
                    say(f"{dataset.config.name}: left out: {error.message}")
                else:
                    absent.append(dataset.config.name)
            else:
                found.append(dataset)
        if absent:
            say(f"Left out, as their text is not here: {', '.join(absent)} (see datasets/{absent[0]}/README.md)")
        return sorted(found, key=lambda dataset: (bool(dataset.config.source.path), bool(dataset.ready)))


def located(config: DatasetConfig, folder: Path) -> DatasetConfig:
    """`config` with the path of its source from the root, where it is given from the dataset's `folder`."""
    source = config.source
    if not source.path:
        return config
    return replace(config, source=replace(source, path=str(folder / Path(source.path).expanduser())))
