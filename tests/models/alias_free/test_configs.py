import dataclasses

import pytest

from specgan.models.alias_free import configs


def test_the_ablation_is_in_order():
    assert list(configs.CONFIGS) == list("BCDEFGHTR")
    assert all(config.name == name for name, config in configs.CONFIGS.items())


@pytest.mark.parametrize(
    "names, changed",
    [
        ("BC", {"noise"}),
        ("EF", {"nonlinearity_upsampling"}),
        ("FG", {"num_critical"}),
        ("GH", {"learned_transform"}),
        ("HT", {"flexible", "num_layers"}),
        ("TR", {"kernel_size", "radial", "channel_multiplier"}),
    ],
)
def test_a_step_changes_what_the_paper_changes(names, changed):
    before, after = (dataclasses.asdict(configs.get(name)) for name in names)
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {"name", "description", *changed}


def test_get():
    config = configs.get("r")
    assert config.name == "R" and config.kernel_size == 1
    assert configs.get(config) is config
    with pytest.raises(ValueError, match="Unknown configuration.*B, C, D"):
        configs.get("A")


def test_serialize():
    own = dataclasses.replace(configs.get("R"), filter_size=4)
    for config in (own, configs.get("R")):
        assert configs.get(configs.serialize(config)) == config
    assert configs.serialize(configs.get("R")) == "R"
