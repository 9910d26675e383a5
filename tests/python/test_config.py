import pytest

from rnnvis.config import DatasetConfig, read
from rnnvis.errors import RnnvisError
from rnnvis.recipes.keep.project import Project

GOOD = """
name = "tiny"
title = "Tiny"
licence = "none"
about = "Nothing"
[source]
kind = "reviews"
"""


def written(tmp_path, text):
    path = tmp_path / "dataset.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_and_nested_tables(tmp_path):
    config = read(DatasetConfig, written(tmp_path, GOOD + '[[probe]]\nname = "a"\ntext = "b c"\n'))
    assert config.probe[0].text == "b c"
    assert config.measure.minimum_count == 8


@pytest.mark.parametrize(
    ("added", "message", "fix"),
    [
        ("[measure]\nminimum_cuont = 3", 'unknown key "measure.minimum_cuont"', 'did you mean "minimum_count"'),
        ('[measure]\nminimum_count = "3"', '"measure.minimum_count" must be a whole number', "change measure"),
        ("[measure]\nminimum_count = true", '"measure.minimum_count" must be a whole number', "change measure"),
        ('[[probe]]\nname = "a"', 'the key "probe[0].text" is missing', "add probe[0].text"),
        ("[vocabulary\n", "not readable as TOML", "correct the line"),
    ],
)
def test_every_mistake_names_the_file_and_the_key(tmp_path, added, message, fix):
    path = written(tmp_path, GOOD + added)
    with pytest.raises(RnnvisError) as caught:
        read(DatasetConfig, path)
    assert str(path) in caught.value.message
    assert message in caught.value.message
    assert fix in caught.value.fix


def test_an_unknown_dataset_names_the_known_ones(tmp_path):
    (tmp_path / "datasets" / "tiny").mkdir(parents=True)
    written(tmp_path / "datasets" / "tiny", GOOD)
    assert Project(tmp_path).dataset("tiny").config.title == "Tiny"
    with pytest.raises(RnnvisError) as caught:
        Project(tmp_path).dataset("tniy")
    assert "tiny" in caught.value.fix
