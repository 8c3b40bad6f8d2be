"""Frames of videos: the right ones, and all that can be wrong with a file."""

import fractions
import sys

import numpy as np
import pytest
from PIL import Image

from specgan.data import videos
from specgan.data.videos import frames_missing
from specgan.data.videos import is_transparent
from specgan.data.videos import is_video
from specgan.data.videos import read_frames
from specgan.data.videos import video_header
from specgan.detection.whole_pictures import read
from specgan.detection.whole_pictures import read_video
from tests.tiny_video import write_video
from tests.tiny_video import write_video_with_cover

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


def test_the_film_is_read_and_not_its_cover(tmp_path):
    cover = np.full([60, 80, 3], 200, np.uint8)
    path = write_video_with_cover(tmp_path / "a.mp4", numbered(5), cover)
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "png"
    assert video_header(path)[:3] == (48, 32, "mpeg4")
    assert frames_missing(path) is None
    np.testing.assert_allclose(numbers(read_frames(path, 5)), range(5), atol=2)


def test_a_cover_alone_is_no_video(tmp_path):
    cover = np.full([60, 80, 3], 200, np.uint8)
    path = write_video_with_cover(tmp_path / "a.mp4", numbered(1), cover)
    content = path.read_bytes()  # Without the film's track.
    path.write_bytes(content.replace(b"trak", b"free"))
    for read_it in (video_header, frames_missing):
        with pytest.raises(ValueError, match="no video in this file"):
            read_it(path)


@pytest.mark.parametrize("angle", [90, 180, -90])
def test_a_turned_video_is_upright(angle, tmp_path):
    frames = np.zeros([3, 32, 48, 3], np.uint8)
    frames[:, :16, :24] = 200  # Top left.
    path = write_video(tmp_path / "a.mp4", frames, angle=angle)
    upright = np.rot90(frames[0], angle // 90)
    header = video_header(path)
    assert (header.height, header.width) == upright.shape[:2]
    for pixels in read_frames(path, 3):
        assert pixels.shape == upright.shape
        assert np.mean(np.abs(pixels.astype(int) - upright)) < 8


def test_transparent_frames_are_those_of_pictures(tmp_path):
    draw = np.random.default_rng(0)
    hidden = draw.integers(0, 256, [2, 32, 48, 4], np.uint8)
    hidden[1, ..., 3] = 0
    path = write_video(tmp_path / "a.mkv", hidden, "ffv1", "bgra")
    Image.fromarray(hidden[0]).save(tmp_path / "0.png")
    Image.fromarray(hidden[1]).save(tmp_path / "1.png")
    [readings] = read_video(path, 2)
    [pictures] = read([tmp_path / "0.png", tmp_path / "1.png"])
    for frame, picture in zip(readings, pictures, strict=True):
        np.testing.assert_array_equal(frame.pixels, picture.pixels)
        assert frame.remarks == picture.remarks == ("alpha laid on white",)
    assert pictures[1].is_flat and readings[1].is_flat


def test_transparent_frames_of_the_web(tmp_path):
    """FFmpeg's own VP9 decoder shows the colours that alpha hides."""
    hidden = np.zeros([3, 32, 32, 4], np.uint8)
    hidden[..., :3] = np.arange(32)[:, None, None] * 8
    path = write_video(
        tmp_path / "clear.webm", hidden, "libvpx-vp9", "yuva420p"
    )
    assert is_transparent(video_header(path))
    frames = list(read_frames(path, 3))
    assert len(frames) == 3
    assert all(np.all(frame >= 250) for frame in frames)


def test_transparent_colours_of_a_palette_are_laid_on_white():
    numbers = np.repeat(np.arange(2, dtype=np.uint8), 32 * 24).reshape(32, 48)
    palette = np.zeros([256, 4], np.uint8)  # ARGB
    palette[1] = [255, 10, 20, 30]
    frame = av.VideoFrame.from_ndarray((numbers, palette), format="pal8")
    pixels = videos._upright_pixels(frame)
    assert set(map(tuple, pixels[:16].reshape(-1, 3))) == {(255, 255, 255)}
    assert set(map(tuple, pixels[16:].reshape(-1, 3))) == {(10, 20, 30)}
