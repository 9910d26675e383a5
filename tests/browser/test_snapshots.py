"""Every view looks as its reference does, in both themes; and the comparison sees what a person would see."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser

from tests.browser.snapshots import references
from tests.browser.snapshots.compare import difference
from tests.browser.snapshots.scenes import BY_NAME, SCENES, THEMES, Scene, pictured, publish, steady


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("snapshots"))


@pytest.fixture(scope="module")
def chromium(browser: Browser) -> Iterator[Browser]:
    running = steady(browser.browser_type)
    yield running
    running.close()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_the_view_looks_as_its_reference(chromium: Browser, base: str, planted: Path, scene: Scene) -> None:
    said = [references.told(scene.name, theme, png) for theme, png in pictured(chromium, base, planted, scene)]
    assert said == [None, None]


def test_the_references_are_those_of_the_scenes_and_small() -> None:
    files = {path.name: path.stat().st_size for path in references.FOLDER.glob("*.png")}
    assert set(files) == {f"{name}-{theme}.png" for name in BY_NAME for theme in THEMES}
    assert max(files.values()) < 150_000
    assert sum(files.values()) < 1_500_000


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """The first view as its reference shows it."""
    return Image.open(references.path_of("picture", "light")).convert("RGB")


def _aside(image: Image.Image) -> Image.Image:
    """Drawn half a pixel of the screen, a quarter of the reference's, to the right: other smoothing at its worst."""
    moved = image.copy()
    moved.paste(image.crop((0, 0, image.width - 1, image.height)), (1, 0))
    return Image.blend(image, moved, 0.25)


def _lighter_edges(image: Image.Image) -> Image.Image:
    """Every colour as another palette or another blending rounds it."""
    return image.point(lambda value: min(255, value + 6))


@pytest.mark.parametrize("change", [Image.Image.copy, _aside, _lighter_edges])
def test_what_nobody_sees_is_no_difference(picture: Image.Image, change: Callable[[Image.Image], Image.Image]) -> None:
    assert not difference(picture, change(picture))
    assert not difference(change(picture), picture)


CHIP = (217, 94, 288, 125)
"""Where the first chip stands in the reference, which is half as large as the screen."""


def _moved(image: Image.Image) -> Image.Image:
    """The first chip two pixels of the screen to the right."""
    changed = image.copy()
    changed.paste(image.crop(CHIP), (CHIP[0] + 1, CHIP[1]))
    return changed


def _recoloured(image: Image.Image) -> Image.Image:
    """The orange of the paper's scale becomes a redder one, wherever it is."""
    pixels = image.load()
    changed = image.copy()
    for x in range(image.width):
        for y in range(image.height):
            red, green, blue = pixels[x, y]
            if red > 180 and green < 130 and blue < 80:
                changed.putpixel((x, y), (red, green - 40, blue))
    return changed


def _without_a_word(image: Image.Image) -> Image.Image:
    """A word of the sentence, “love”, is painted over."""
    changed = image.copy()
    box = (38, 125, 57, 137)
    ImageDraw.Draw(changed).rectangle(box, fill=image.getpixel((box[0], box[1])))
    return changed


def _paler(image: Image.Image) -> Image.Image:
    """A surface, the bar at the top, in a slightly darker grey."""
    changed = image.copy()
    box = (0, 0, image.width, 24)
    changed.paste(image.crop(box).point(lambda value: value - 24 if value > 240 else value), box)
    return changed


@pytest.mark.parametrize("change", [_moved, _recoloured, _without_a_word, _paler])
def test_what_a_person_sees_is_a_difference(picture: Image.Image, change: Callable[[Image.Image], Image.Image]) -> None:
    assert difference(picture, change(picture))


def test_a_picture_of_another_size_differs(picture: Image.Image) -> None:
    assert difference(picture, picture.crop((0, 0, picture.width, picture.height - 1)))


def test_a_failure_leaves_three_pictures_and_renewing_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: Image.Image
) -> None:
    monkeypatch.setattr(references, "FOLDER", tmp_path / "references")
    monkeypatch.setattr(references, "LEFT", tmp_path / "left")

    def png(image: Image.Image) -> bytes:
        file = io.BytesIO()
        image.resize((image.width * 2, image.height * 2), Image.Resampling.NEAREST).save(file, "PNG")
        return file.getvalue()

    assert "missing" in (references.told("picture", "light", png(picture)) or "")
    assert references.renew("picture", "light", png(picture))
    assert references.told("picture", "light", png(picture)) is None
    assert not references.renew("picture", "light", png(picture))
    changed = png(_without_a_word(picture))
    assert "differs in" in (references.told("picture", "light", changed) or "")
    left = {path.name for path in (tmp_path / "left").iterdir()}
    assert left == {f"picture-light-{kind}.png" for kind in ("expected", "actual", "difference")}
    assert references.renew("picture", "light", changed)
    assert references.told("picture", "light", changed) is None
