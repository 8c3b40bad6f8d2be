"""Cards of presets, read by PyYAML as the Hub does."""

import pytest
import yaml

from zoo.preset_card import body_of
from zoo.preset_card import card_text
from zoo.preset_card import kept_figures
from zoo.preset_card import licence_of

RECORD = {
    "license": "apache-2.0",
    "class": "dcgan",
    "config": {"num_classes": None},
    "data": "faces: of 64 px, 'cut'",
    "figures": {"fid": 34.5678, "spectral_distance": 0.25, "images": 10000},
}
BODY = "# A model\n\nlicense: not this\n"


def front_matter(card):
    _, front, _ = card.split("---\n", 2)
    return yaml.safe_load(front)


def test_front_matter():
    front = front_matter(card_text("mine", RECORD, BODY))
    assert front["library_name"] == "specgan"
    assert front["license"] == "apache-2.0"
    assert front["pipeline_tag"] == "unconditional-image-generation"
    assert front["tags"] == ["gan", "keras", "tensorflow", "dcgan"]
    assert front["datasets"] == ["faces: of 64 px, 'cut'"]
    [model] = front["model-index"]
    assert model["name"] == "mine"
    [result] = model["results"]
    assert result["task"] == {"type": "unconditional-image-generation"}
    values = {one["type"]: one["value"] for one in result["metrics"]}
    assert values == {"fid": 34.5678, "spectral_distance": 0.25}


def test_what_is_not_known_is_not_there():
    record = {**RECORD, "class": "vae", "figures": {}, "data": None}
    card = card_text("mine", record, BODY)
    assert "datasets" not in front_matter(card)
    assert front_matter(card)["model-index"] == [
        {"name": "mine", "results": []}
    ]
    assert card.endswith(BODY)


def test_a_card_gives_back_its_parts():
    card = card_text("mine", RECORD, BODY)
    assert licence_of(card) == "apache-2.0"
    assert body_of(card) == BODY
    assert "| images of each kind | 10000 |\n|---|---|\n| FID | 34.57 |" in card
    assert body_of(BODY) == BODY


@pytest.mark.parametrize(
    "name, classes, task, tags",
    [
        ("vae", None, "unconditional-image-generation", ["vae"]),
        ("autoencoder", None, "image-to-image", ["autoencoder"]),
        (
            "dcgan",
            10,
            "unconditional-image-generation",
            ["gan", "dcgan", "class-conditional"],
        ),
    ],
)
def test_tasks_and_tags_are_true(name, classes, task, tags):
    record = {**RECORD, "class": name, "config": {"num_classes": classes}}
    front = front_matter(card_text("mine", record, BODY))
    assert front["pipeline_tag"] == task
    assert front["model-index"][0]["results"][0]["task"] == {"type": task}
    assert set(front["tags"]) == {"keras", "tensorflow", *tags}


def measured(values, real, fake):
    images = {"real": {"count": real}, "fake": {"count": fake}}
    return {"values": values, "protocol": {"images": images}}


@pytest.mark.parametrize("name", ["fid", "frechet_inception-bfloat16"])
def test_real_images_of_fid_are_told_apart(name):
    figures = kept_figures(measured({name: 3.0}, 60000, 10000))
    assert figures["images"] == 10000
    assert figures["real_images_of_fid"] == 60000
    card = card_text("mine", {**RECORD, "figures": figures}, BODY)
    assert (
        "| generated images | 10000 |\n|---|---|\n"
        "| real images, of FID | 60000 |\n| real images, of all else | 10000 |"
    ) in card
    assert body_of(card) == BODY


def test_classes_by_number():
    record = {**RECORD, "class_names": ["Coat", "a|b"]}
    card = card_text("mine", record, BODY)
    assert "| 0 | `Coat` |\n| 1 | `a\\|b` |\n" in card
    assert "| FID |" in card and body_of(card) == BODY


@pytest.mark.parametrize(
    "values, real", [({"fid": 3.0}, 100), ({"spectral_distance": 1.0}, 8216)]
)
def test_other_figures_are_of_as_many_of_each_kind(values, real):
    figures = kept_figures(measured(values, real, 100))
    assert figures == {**values, "images": 100}


@pytest.mark.parametrize(
    "line, licence",
    [
        ("license: mit", "mit"),
        ("license: 'bsd 3'  ", "bsd 3"),
        ('license: "mit"\r', "mit"),
        ("license : mit", "mit"),
        ('"license": mit', "mit"),
        ("license: mit # see below", "mit"),
        ("license: c#", "c#"),
        ("license: # none", None),
        ("license: null", None),
        ("license: ~", None),
        ("license: []", None),
        ("license: ''", None),
        ('license: " "', None),
        ("license:mit", None),
        ("license:", None),
        (" license: mit", None),
        ("Xlicense: mit", None),
    ],
)
def test_licences_as_others_write_them(line, licence):
    assert licence_of(f"---\na: b\n{line}\n---\n# Card\n") == licence


@pytest.mark.parametrize(
    "begin, end",
    [
        ("\ufeff---\n", "---\n"),
        ("--- \n", "---\t\n"),
        ("---\r\n", "---\r\n"),
        ("---\n", "---"),
    ],
)
def test_front_matter_as_others_write_it(begin, end):
    assert licence_of(f"{begin}license: mit\n{end}") == "mit"
