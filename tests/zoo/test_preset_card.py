"""Cards of presets, read by PyYAML as the Hub does."""

import pytest
import yaml

from zoo.preset_card import body_of
from zoo.preset_card import card_text
from zoo.preset_card import licence_of

RECORD = {
    "license": "apache-2.0",
    "class": "dcgan",
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
    assert front["datasets"] == ["faces: of 64 px, 'cut'"]
    [model] = front["model-index"]
    assert model["name"] == "mine"
    [result] = model["results"]
    assert result["task"] == {"type": "unconditional-image-generation"}
    values = {one["type"]: one["value"] for one in result["metrics"]}
    assert values == {"fid": 34.5678, "spectral_distance": 0.25}


def test_what_is_not_known_is_not_there():
    record = {"license": "mit", "class": "vae", "figures": {}, "data": None}
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
    "line, licence",
    [
        ("license: mit", "mit"),
        ("license: 'bsd 3'  ", "bsd 3"),
        ('license: "mit"\r', "mit"),
        ("license: # none", None),
        ("license:", None),
        (" license: mit", None),
        ("Xlicense: mit", None),
    ],
)
def test_licences_as_others_write_them(line, licence):
    assert licence_of(f"---\na: b\n{line}\n---\n# Card\n") == licence
