from specgan.errors import unknown_name


def test_unknown_name_suggests_the_nearest():
    error = unknown_name("loss", "hing", ["wasserstein", "hinge"])
    assert type(error) is ValueError
    assert str(error) == (
        "Unknown loss. Expected one of: hinge, wasserstein. Received: 'hing'. "
        "Did you mean 'hinge'?"
    )


def test_unknown_name_suggests_nothing_far_off():
    for name in ("quadratic", None, 3):
        message = str(unknown_name("loss", name, {"hinge": 1}))
        assert message == (
            f"Unknown loss. Expected one of: hinge. Received: {name!r}."
        )
