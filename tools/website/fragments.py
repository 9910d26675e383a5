"""Every figure that the pages quote, written from the published tables into fragments that the pages include."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rnnvis.published import files
from tools.website import (
    carried,
    cell_claims,
    cells,
    chip_walk,
    chips,
    features,
    findings,
    probes,
    pronouncer,
    reference,
    stories,
    voice,
    voice_charts,
    walk,
)
from tools.website.cells import Cells
from tools.website.chips import ChipCase
from tools.website.published import Published

FRAGMENTS: dict[str, Callable[[Published], str]] = {
    "accuracy": findings.accuracy,
    "carried-chips": carried.chips,
    "carried-chips-conclusion": carried.chips_conclusion,
    "carried-units": carried.units,
    "carried-units-at-the-end": carried.units_at_the_end,
    "carried-units-conclusion": carried.units_conclusion,
    "carried-without": carried.without,
    "clusters": findings.clusters,
    "clusters-conclusion": findings.clusters_conclusion,
    "contexts": findings.contexts,
    "contexts-conclusion": findings.contexts_conclusion,
    "corpus": reference.corpus,
    "files": reference.files,
    "answer": probes.pair_answer,
    "manifest": reference.manifest,
    "pair": probes.pair,
    "pair-conclusion": probes.pair_conclusion,
    "pair-walk": walk.pair_walk,
    "provenance": reference.provenance,
    "quality": findings.quality,
    "query": reference.query,
    "reading": probes.reading,
    "schema": reference.schema,
    "opening": stories.opening,
    "stories": stories.stories,
    "voice-open": voice_charts.opened,
}

CELLS: dict[str, Callable[[Cells], str]] = {
    "cells-claims": cell_claims.claims,
    "cells-claims-conclusion": cell_claims.conclusion,
    "cells-clouds": cells.clouds,
    "cells-explorer": cells.explorer,
    "cells-kinds": cells.kinds,
    "cells-measures": cells.measures,
    "cells-perplexity": cells.perplexity,
    "cells-purity": cells.purity,
    "cells-reproduced": cells.reproduced,
    "cells-reviews": cells.reviews,
}

CHIPS: dict[str, Callable[[ChipCase], str]] = {
    "chips-carried": chips.carried,
    "chips-carried-conclusion": chips.carried_conclusion,
    "chips-chosen": chips.chosen,
    "chips-conclusion": chips.conclusion,
    "chips-reproduced": chips.reproduced,
    "chips-sentences": chips.sentences,
    "chips-switched": chips.switched,
    "chips-walk": chip_walk.chip_walk,
}

PRONOUNCER: dict[str, Callable[[pronouncer.Table | None], str]] = {
    "pronouncer-ends": pronouncer.ends,
    "pronouncer-figures": pronouncer.figures,
    "pronouncer-length": pronouncer.length,
    "pronouncer-length-conclusion": pronouncer.length_conclusion,
    "pronouncer-letters": pronouncer.letters,
    "pronouncer-letters-conclusion": pronouncer.letters_conclusion,
    "pronouncer-off": pronouncer.off,
    "pronouncer-off-conclusion": pronouncer.off_conclusion,
    "pronouncer-off-encoder": pronouncer.off_encoder,
    "pronouncer-off-encoder-conclusion": pronouncer.off_encoder_conclusion,
    "pronouncer-endings": pronouncer.endings,
    "pronouncer-endings-conclusion": pronouncer.endings_conclusion,
    "pronouncer-probes": pronouncer.probes,
    "pronouncer-running-on": pronouncer.running_on,
    "pronouncer-running-on-conclusion": pronouncer.running_on_conclusion,
}


FEATURES: dict[str, Callable[[dict[str, features.Table]], str]] = {
    "features-compared": features.compared,
    "features-exact": features.exact,
    "features-kept": features.kept,
    "features-language": features.language_concepts,
    "features-pronouncer": features.pronouncer_concepts,
}

VOICE: dict[str, Callable[[voice.Table | None], str]] = {
    "voice-conditions": voice.conditions,
    "voice-conditions-conclusion": voice.conditions_conclusion,
    "voice-deaf": voice.deaf_conclusion,
    "voice-drift": voice.drift,
    "voice-drift-chart": voice_charts.drift,
    "voice-drift-conclusion": voice.drift_conclusion,
    "voice-made-of": voice.made_of,
    "voice-elsewhere": voice.elsewhere,
    "voice-elsewhere-conclusion": voice.elsewhere_conclusion,
    "voice-negative": voice.negative,
    "voice-remembered": voice.remembered,
    "voice-remembered-chart": voice_charts.remembered,
    "voice-resets": voice.resets,
    "voice-resets-chart": voice_charts.resets,
    "voice-resets-conclusion": voice.resets_conclusion,
    "voice-search": voice.search,
}


def write_fragments(data: Path, out: Path, datasets: Path) -> None:
    """Write `<name>.md` for each fragment into `out`, from the published folder `data` and the results in `datasets`.

    Raises:
        RnnvisError: the manifest or a Parquet file is missing or damaged.
    """
    published = Published(data)
    for name, fragment in FRAGMENTS.items():
        files.replace(out / f"{name}.md", fragment(published).encode())
    found = Cells.read(datasets, published.manifest)
    for name, of_cells in CELLS.items():
        files.replace(out / f"{name}.md", of_cells(found).encode())
    case = ChipCase.read(datasets, published)
    for name, of_case in CHIPS.items():
        files.replace(out / f"{name}.md", of_case(case).encode())
    spoken = pronouncer.read(datasets)
    for name, of_spoken in PRONOUNCER.items():
        files.replace(out / f"{name}.md", of_spoken(spoken).encode())
    coded = features.read(datasets)
    for name, of_features in FEATURES.items():
        files.replace(out / f"{name}.md", of_features(coded).encode())
    heard = voice.read(datasets)
    for name, of_heard in VOICE.items():
        files.replace(out / f"{name}.md", of_heard(heard).encode())
