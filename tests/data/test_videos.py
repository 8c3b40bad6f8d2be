"""Frames of videos: the right ones, and all that can be wrong with a file."""

import fractions
import sys

import numpy as np
import pytest
from PIL import Image

from specgan.data import videos
from specgan.data.videos import frames_missing
from specgan.data.videos import is_video
from specgan.data.videos import read_frames
from specgan.data.videos import video_header
from tests.tiny_video import write_video

av = pytest.importorskip("av")


def numbered(count):
    """Frames that are the brighter the later."""
    levels = np.arange(count) * 2 + 20
    frames = np.repeat(levels, 32 * 48 * 3).reshape(count, 32, 48, 3)
    return frames.astype(np.uint8)


def numbers(frames):
    """Which of the numbered frames they are, nearly."""
    return np.array([(frame.mean() - 20) / 2 for frame in frames])


def test_pixels_are_those_of_a_lossless_video(tmp_path):
    draw = np.random.default_rng(0)
    frames = draw.integers(0, 256, [7, 32, 48, 3], np.uint8)
    path = write_video(tmp_path / "a.mkv", frames, "ffv1", "bgr0")
    np.testing.assert_array_equal(list(read_frames(path, 100)), frames)
    assert video_header(path)[:4] == (48, 32, "ffv1", "bgr0")


def test_frames_are_in_the_middle_of_equal_parts(tmp_path):
    path = write_video(tmp_path / "a.mkv", numbered(20), "ffv1", "bgr0")
    for count, expected in [
        (1, [10]),
        (4, [2, 7, 12, 17]),
        (3, [3, 10, 16]),
        (20, range(20)),
        (21, range(20)),
    ]:
        read = numbers(read_frames(path, count))
        np.testing.assert_allclose(read, expected)


@pytest.mark.parametrize(
    "name, codec",
    [
        ("a.mp4", "mpeg4"),
        ("a.avi", "mpeg4"),
        ("a.mkv", "mpeg4"),
        ("a.ts", "mpeg2video"),
    ],
)
def test_what_lies_between_is_passed_over(name, codec, tmp_path, monkeypatch):
    # Frames are told apart within two numbers after such a compression.
    path = write_video(tmp_path / name, numbered(90), codec, g=6, bf=2)
    before = numbers(read_frames(path, 5))
    np.testing.assert_allclose(before, [9, 27, 45, 63, 81], atol=2)
    monkeypatch.setattr(videos, "_FAR", 10)
    np.testing.assert_allclose(numbers(read_frames(path, 5)), before, atol=2)


def test_a_place_to_start_from(monkeypatch):
    times, starts = list(range(0, 2000, 2)), [0, 500, 1000, 1500]
    for goal, place, expected in [
        (200, -1, None),  # Near.
        (700, -1, 500),  # One start before the last possible one.
        (700, 240, 500),
        (700, 251, None),  # It is past that already.
        (260, -1, 0),
    ]:
        found = videos._start(goal, place, times, starts)
        assert found == expected
    assert videos._start(700, -1, [None] * 1000, []) is None


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "the file is empty"),
        (b"words" * 99, "not a video that can be read"),
        (b"#EXTM3U\n#EXTINF:9,\nother.ts\n#EXT-X-ENDLIST\n", "not a video"),
    ],
)
def test_what_is_no_video(content, reason, tmp_path):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        list(read_frames(tmp_path / "a.mp4", 4))
    with pytest.raises(ValueError, match=reason):
        video_header(tmp_path / "a.mp4")


def test_a_truncated_video(tmp_path):
    path = write_video(tmp_path / "a.mp4", numbered(20))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="video"):
        list(read_frames(path, 4))


@pytest.mark.parametrize("name", ["a.avi", "a.mp4", "a.mkv", "a.ts"])
def test_nothing_is_missing_of_a_whole_video(name, tmp_path):
    codec = "mpeg2video" if name == "a.ts" else "mpeg4"
    path = write_video(tmp_path / name, numbered(40), codec)
    assert frames_missing(path) is None


def test_missing_frames_of_a_truncated_video(tmp_path):
    draw = np.random.default_rng(0)
    frames = draw.integers(0, 256, [40, 32, 48, 3], np.uint8)
    path = write_video(tmp_path / "a.avi", frames)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    there, promised = frames_missing(path)
    assert 4 <= there < 30 and promised == 40
    assert len(list(read_frames(path, 4))) == 4


def test_frames_that_are_shown_longer_are_not_missing(tmp_path):
    # The header of AVI counts them each time, though they are written once.
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv420p"
        for place, pixels in enumerate(numbered(10)):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = 3 * place, fractions.Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames > 20
    assert frames_missing(path) is None


def test_a_video_of_which_nothing_can_be_decoded(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.avi", numbered(3))
    monkeypatch.setattr(videos, "_times", lambda *_: (range(9), []))
    with pytest.raises(ValueError, match="none of its frames can be decoded"):
        list(read_frames(path, 1))


def test_a_video_too_large(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.mp4", numbered(3))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 32 - 1)
    with pytest.raises(ValueError, match="too large: 48x32"):
        next(read_frames(path, 1))


def test_without_the_library(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.mp4", numbered(3))
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ValueError, match=r"pip install 'specgan\[video\]'"):
        next(read_frames(path, 1))


def test_which_files_are_videos(tmp_path):
    assert is_video(tmp_path / "a.MP4")
    assert not is_video(tmp_path / "a.png")
