import numpy as np
import pytest

from specgan.data.mapped import rows_of


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "array.npy"
    np.save(path, np.arange(24, dtype=np.uint8).reshape(6, 2, 2))
    return path


@pytest.mark.parametrize("mode", ["r", "r+", "c", None])
@pytest.mark.parametrize("rows", [[5, 0, 0], slice(1, 3), []], ids=str)
def test_rows(path, mode, rows):
    array = np.load(path, mmap_mode=mode)
    whole = np.arange(24).reshape(6, 2, 2)
    rows = np.array(rows, int) if isinstance(rows, list) else rows
    for _ in range(2):
        copied = rows_of(array, rows)
        np.testing.assert_array_equal(copied, whole[rows])
        assert type(copied) is np.ndarray and copied.flags.writeable
        copied[...] = 0
    # Of a part, too.
    copied = rows_of(array[1:, :, ::-1], [0])
    np.testing.assert_array_equal(copied, whole[[1], :, ::-1])


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_changes_are_not_lost(path, mode):
    array = np.load(path, mmap_mode=mode)
    array[2] = 7
    for _ in range(2):
        assert np.all(rows_of(array, [2]) == 7)
