import errno
import os
import stat
import subprocess
import sys
import tokenize
import zlib

import pytest
import tensorflow as tf

from specgan.errors import DamagedFile
from specgan.files import UNFINISHED
from specgan.files import damage_named
from specgan.files import finished
from specgan.files import folder_written_whole
from specgan.files import read_json
from specgan.files import remove_unfinished
from specgan.files import written_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class Interrupted(Exception):
    pass


def test_file_appears_at_the_end_in_folders_that_are_made(tmp_path):
    path = tmp_path / "new" / "folders" / "run.json"
    with written_whole(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.suffix == ".json"
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert names(path.parent) == ["run.json"]


def test_file_is_replaced(tmp_path):
    path = tmp_path / "run.json"
    for text in ("first", "second"):
        with written_whole(str(path)) as temporary:
            temporary.write_text(text)
    assert path.read_text() == "second"


def test_file_keeps_what_it_held_when_writing_fails(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("before")
    with pytest.raises(Interrupted):
        with written_whole(path) as temporary:
            temporary.write_text("half")
            raise Interrupted
    assert path.read_text() == "before"
    assert names(tmp_path) == ["run.json"]


def test_no_file_appears_when_writing_fails(tmp_path):
    with pytest.raises(Interrupted):
        with written_whole(tmp_path / "run.json"):
            raise Interrupted
    assert names(tmp_path) == []


def test_folder_appears_at_the_end(tmp_path):
    path = tmp_path / "new" / "exported"
    with folder_written_whole(path) as temporary:
        (temporary / "one").write_text("1")
        assert not path.exists()
    assert names(path) == ["one"]
    assert names(path.parent) == ["exported"]


def test_folder_may_be_empty(tmp_path):
    path = tmp_path / "exported"
    path.mkdir()
    with folder_written_whole(path) as temporary:
        (temporary / "one").write_text("1")
    assert names(path) == ["one"]


@pytest.mark.parametrize("is_folder", [False, True])
def test_nothing_is_overwritten(tmp_path, is_folder):
    path = tmp_path / "exported"
    if is_folder:
        path.mkdir()
        (path / "mine").write_text("1")
    else:
        path.write_text("mine")
    with pytest.raises(ValueError, match="Choose another one or remove it"):
        with folder_written_whole(path):
            pytest.fail("The folder must not be offered.")
    assert names(tmp_path) == ["exported"]


def test_no_folder_appears_when_writing_fails(tmp_path):
    with pytest.raises(Interrupted):
        with folder_written_whole(tmp_path / "exported") as temporary:
            (temporary / "half").write_text("1")
            raise Interrupted
    assert names(tmp_path) == []


def test_permissions_are_those_of_plain_files(tmp_path):
    (tmp_path / "plain").write_text("")
    (tmp_path / "plain_folder").mkdir()
    with written_whole(tmp_path / "file"):
        pass
    with folder_written_whole(tmp_path / "folder"):
        pass
    for plain, other in (("plain", "file"), ("plain_folder", "folder")):
        modes = [
            stat.S_IMODE(os.stat(tmp_path / name).st_mode)
            for name in (plain, other)
        ]
        assert modes[0] == modes[1]


def test_leftovers_of_the_killed_are_known_and_removed(tmp_path):
    program = (
        "import os, sys; from specgan.files import written_whole\n"
        "with written_whole(sys.argv[1]) as path: os._exit(9)"
    )
    place = tmp_path / "models" / "a.json"
    subprocess.run([sys.executable, "-c", program, str(place)])
    assert len(list(place.parent.iterdir())) == 1
    assert finished(place.parent) == []
    remove_unfinished(tmp_path)
    assert list(place.parent.iterdir()) == []


def killed_while_writing(place):
    """The leftover of a process that was killed."""
    program = (
        "import os, sys; from specgan.files import folder_written_whole\n"
        "with folder_written_whole(sys.argv[1]): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", program, str(place)])
    [left] = place.parent.glob(f"{UNFINISHED}*")
    return left


def test_leftovers_go_when_something_is_written_beside_them(tmp_path):
    left = killed_while_writing(tmp_path / "exported")
    with written_whole(tmp_path / "run.json") as mine:
        assert not left.exists() and mine.exists()
        remove_unfinished(tmp_path)  # By another process, say.
        assert mine.exists()
    assert names(tmp_path) == ["run.json"]


def test_leftovers_of_other_machines_go_after_a_day(tmp_path):
    for name in ("0a0a0a0a-1-run-x.json", "of-an-older-version", "x"):
        path = tmp_path / f"{UNFINISHED}{name}"
        path.write_text("half")
        remove_unfinished(tmp_path)
        assert path.exists()
        os.utime(path, (1, 1))
        remove_unfinished(tmp_path)
        assert not path.exists()


def test_a_full_disk_names_the_saved_model(tmp_path):
    """As TensorFlow's writers say it, of parts of the unfinished folder."""
    path = tmp_path / "exported"
    with pytest.raises(OSError, match="exported could not be") as caught:
        with folder_written_whole(path) as folder:
            raise tf.errors.ResourceExhaustedError(
                None,
                None,
                f"{{{{function_node a}}}} {folder}/variables/part-0; No space "
                "left on device [Op:SaveV2]",
            )
    assert str(caught.value).endswith("written: No space left on device")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(tf.errors.InvalidArgumentError):  # Of something else.
        with folder_written_whole(path):
            raise tf.errors.InvalidArgumentError(None, None, "a shape")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_names_the_file(number, tmp_path):
    path = tmp_path / "run.json"
    for whole in (written_whole, folder_written_whole):
        with pytest.raises(OSError, match=f"'{path}'$"):
            with whole(path):
                raise OSError(number, os.strerror(number))


def test_errors_name_what_the_user_knows(tmp_path):
    path = tmp_path / "exported"
    with pytest.raises(FileNotFoundError) as caught:
        with folder_written_whole(path) as temporary:
            (temporary / "a.png").read_bytes()
    assert caught.value.filename == str(path / "a.png")


def test_other_errors_name_no_file(tmp_path):
    with pytest.raises(BrokenPipeError) as caught:
        with written_whole(tmp_path / "a"):
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
    assert caught.value.filename is None


def test_what_is_finished_stays(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    remove_unfinished(tmp_path)
    assert [path.name for path in finished(tmp_path)] == ["a.json"]


@pytest.mark.parametrize(
    "error, received",
    [
        (ValueError("of two\nlines."), "of two lines"),
        (zlib.error("Error -3"), "Error -3"),
        (tokenize.TokenError("EOF", (1, 0)), r"\('EOF', \(1, 0\)\)"),
        (NotImplementedError(), r"NotImplementedError\(\)"),
        (KeyError("steps"), r"KeyError\('steps'\)"),
        (OSError("not a picture"), "not a picture"),
        (RecursionError("too deep"), "too deep"),
    ],
)
def test_whatever_a_damaged_file_raises_names_it(error, received):
    expected = f"^a.gz is damaged. Expected an IDX file. Received: {received}."
    with pytest.raises(DamagedFile, match=f"{expected} Fetch it.$") as caught:
        with damage_named("runs", "a run"):
            with damage_named("a.gz", "an IDX file", "Fetch it"):
                raise error
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_not_damaged(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        with damage_named(tmp_path, "a run"):
            (tmp_path / "nowhere").read_text()


def test_an_interruption_is_no_damage(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        with damage_named(tmp_path, "a run"):
            raise KeyboardInterrupt


@pytest.mark.parametrize("text", ["[]", "null", "{", "", "[" * 100_000])
def test_damaged_json_is_named(text, tmp_path):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match="a.json is damaged"):
        read_json(tmp_path / "a.json")


def test_json(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1}')
    assert read_json(tmp_path / "a.json") == {"a": 1}
