import numpy as np
import pytest

from recipes.chroma_profiles import enlargement
from recipes.chroma_profiles import filtered
from recipes.chroma_profiles import filters
from recipes.chroma_profiles import main
from specgan.signal import low_pass_chroma
from specgan.signal import subsample_chroma
from tests.contracts import uniform


@pytest.mark.parametrize(
    "name, function",
    [
        ("inverse", subsample_chroma),
        ("box", lambda images: subsample_chroma(images, "box")),
        ("low-pass", lambda images: np.clip(low_pass_chroma(images), -1, 1)),
    ],
)
def test_filters_are_those_of_the_library(name, function):
    images = uniform(2, 12, 12, 3)
    after = filtered(images, filters(12)[name])
    levels = (function(images) - after) * 127.5
    assert np.abs(levels).max() < 0.501  # Rounded to 8 bits.


def test_filters_keep_the_mean_and_the_projection_is_one():
    for matrix in filters(12).values():
        np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-12)
    for name in ("inverse", "projection"):
        matrix = filters(12)[name]
        np.testing.assert_allclose(matrix @ matrix, matrix, atol=1e-12)
    projection = filters(12)["projection"]
    np.testing.assert_allclose(projection, projection.T, atol=1e-12)


def test_enlargement_is_linear_interpolation():
    np.testing.assert_allclose(
        enlargement(8, 4) @ [0, 8], [0, 0, 1, 3, 5, 7, 8, 8]
    )


def test_table_and_picture(tmp_path, capsys):
    out = tmp_path / "chroma.png"
    main("photos", out=str(out), num=16, image_size=16)
    assert out.exists()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:-1]] == list(filters(16))
    with pytest.raises(ValueError, match="multiple of 4 .* --image-size 18"):
        main("photos", out=str(out), image_size=18)
