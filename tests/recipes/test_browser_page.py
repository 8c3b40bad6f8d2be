"""The page that samples a generator in the browser."""

import json
import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

import zoo
from recipes import browser_page
from recipes import headless_chromium
from recipes import page
from specgan.signal import from_uint8
from specgan.signal import ring_frequencies
from specgan.signal import ring_levels
from tests.tiny_gan import randomize

SIZES = [(7, 7, 1), (8, 8, 3), (6, 10, 1)]


def pictures(shape, num=4):
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, [num, *shape], np.uint8)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_spectra_of_the_page_are_those_of_specgan(tmp_path):
    source = browser_page.SOURCE / "spectrum.js"
    shutil.copyfile(source, tmp_path / "spectrum.mjs")
    cases = [(shape, pictures(shape)) for shape in SIZES]
    inputs = [
        [shape, some.reshape(len(some), -1).tolist()] for shape, some in cases
    ]
    program = """
        import { ringFrequencies, ringLevels } from "./spectrum.mjs";
        const cases = %s;
        console.log(JSON.stringify(cases.map(([shape, images]) => [
          ringFrequencies(...shape),
          images.map((image) => ringLevels(image, shape)),
        ])));
    """
    (tmp_path / "test.mjs").write_text(program % json.dumps(inputs))
    output = subprocess.check_output(
        ["node", "test.mjs"], cwd=tmp_path, text=True
    )
    for (shape, some), (frequencies, levels) in zip(
        cases, json.loads(output), strict=True
    ):
        expected = ring_levels(from_uint8(some)).numpy()[:, :-1]
        np.testing.assert_allclose(levels, expected, atol=1e-3)
        np.testing.assert_allclose(
            frequencies, ring_frequencies(*shape[:2])[1:]
        )


def test_record_of_a_page():
    gan = zoo.DCGAN(
        image_size=16, channels=1, width=2, latent_dim=4, num_classes=3
    )
    real = pictures((16, 16, 1), 30)
    record = browser_page.page_record("clothes", gan, real)
    json.dumps(record, allow_nan=False)
    assert record["image_shape"] == [16, 16, 1]
    assert (record["latent_dim"], record["num_classes"]) == (4, 3)
    assert record["num_real"] == 30
    np.testing.assert_array_equal(record["real"][2], real[2].ravel())
    band = {name: np.array(some) for name, some in record["band"].items()}
    np.testing.assert_allclose(band["frequencies"], np.arange(1, 9) / 16)
    levels = ring_levels(from_uint8(real)).numpy()[:, :-1]
    within = (band["low"] <= levels) & (levels <= band["high"])
    # The quantiles, interpolated, lie between the second and third of 30.
    np.testing.assert_array_equal(within.sum(axis=0), 26)


def test_model_without_latents():
    model = zoo.AutoEncoder(image_size=16, channels=1, width=2)
    with pytest.raises(ValueError, match="Choose a GAN or a VAE"):
        browser_page.page_record("photos", model, pictures((16, 16, 1)))


def test_real_images_are_asked_for():
    with pytest.raises(ValueError, match="Expected --data-name"):
        browser_page.main("dcgan-fashion28-spectral")


def test_npm_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="Received: no npm on the PATH"):
        browser_page.fetch_runtime(tmp_path)


def test_npm_without_a_connection(tmp_path, monkeypatch):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error ENOTFOUND' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(OSError, match="npm error ENOTFOUND. Check the conn"):
        browser_page.fetch_runtime(tmp_path)


def test_chromium_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="apt install chromium"):
        with headless_chromium.HeadlessChromium():
            pass


READ = """(async () => {
    const { latentMap, loadGenerator, toBytes } =
        await import("./generator.js");
    const { ringLevels } = await import("./spectrum.js");
    const page = await (await fetch("page.json")).json();
    const generator = await loadGenerator(page);
    const latents = [[0, 0], [0.3, 0.1], [0.9, 0.6]].map(([x, y]) =>
        latentMap(page.latent_dim, 1)(x, y));
    const images = await generator.images(latents, 1);
    const bytes = images.map(toBytes);
    const levels = bytes.map((one) => ringLevels(one, page.image_shape));
    const lists = (arrays) => arrays.map((one) => Array.from(one));
    return {
        latents: lists(latents), images: lists(images), bytes: lists(bytes),
        levels,
    };
})()"""

SHOWN = """[...document.getElementById("generated").getContext("2d")
    .getImageData(0, 0, 16, 16).data]"""
TILE = """[...document.getElementById("map").getContext("2d")
    .getImageData(3 * 16, 7 * 16, 16, 16).data]"""
LINE = 'document.querySelector("polyline.generated").getAttribute("points")'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page of a generator of two classes that was not trained."""
    for module in ("tf2onnx", "onnx", "onnxruntime"):
        pytest.importorskip(module)
    if shutil.which("npm") is None or headless_chromium.program() is None:
        pytest.skip("needs npm and Chromium")
    place = tmp_path_factory.mktemp("browser")
    for i, image in enumerate(pictures((16, 16, 3), 30)):
        file = place / "pictures" / ("cats", "dogs")[i % 2] / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
    gan = zoo.DCGAN(image_size=16, width=2, latent_dim=4, num_classes=2)
    randomize(gan.generator)
    zoo.save_preset(gan, place / "small", license="mit")
    command = [str(place / "small"), "--out", str(place / "page")]
    command += ["--data-name", str(place / "pictures")]
    assert page.run(browser_page.main, command) == 0
    return place / "page"


@pytest.mark.slow
def test_page_in_chromium(folder):
    from specgan.models.exports import onnx_file

    with (
        headless_chromium.served(folder) as address,
        headless_chromium.HeadlessChromium() as browser,
    ):
        browser.open(f"{address}/index.html")
        browser.wait_until("document.body?.dataset.state")
        assert browser.evaluate("document.body.dataset.state") == "ready"
        # What the browser computes, and what Python does.
        read = {
            name: np.array(values)
            for name, values in browser.evaluate(READ).items()
        }
        latents = read["latents"].astype(np.float32)
        labels = np.tile(np.float32([0, 1]), [3, 1])
        read_model = onnx_file.reader(folder / "generator.onnx")
        images = read_model({"latents": latents, "labels": labels})
        np.testing.assert_allclose(
            read["images"], images.reshape(3, -1), atol=1e-5
        )
        np.testing.assert_array_equal(
            read["bytes"], np.rint((read["images"] + 1) * 127.5)
        )
        bytes = read["bytes"].astype(np.uint8).reshape(images.shape)
        expected = ring_levels(from_uint8(bytes)).numpy()[:, :-1]
        np.testing.assert_allclose(read["levels"], expected, atol=1e-3)
        menu = "[...document.querySelectorAll('option')].map((x) => x.text)"
        assert browser.evaluate(menu) == ["cats", "dogs"]
        # The mouse goes to the middle of a tile: its image is shown.
        before = browser.evaluate(LINE)
        box = browser.evaluate(
            "document.getElementById('area').getBoundingClientRect().toJSON()"
        )
        x, y = 3.5 / 10, 7.5 / 10
        browser.move_mouse(
            box["x"] + x * box["width"], box["y"] + y * box["height"]
        )
        browser.wait_until(f"{LINE} !== {json.dumps(before)}")
        shown, tile = browser.evaluate(SHOWN), browser.evaluate(TILE)
        # The mouse is at whole pixels.
        assert np.std(tile) > 0
        assert np.mean(np.abs(np.subtract(shown, tile))) < 1
        # Another class, another image at the same place.
        before = browser.evaluate(LINE)
        browser.evaluate(
            "{ const menu = document.getElementById('class'); menu.value = 1;"
            "menu.dispatchEvent(new Event('change')); }"
        )
        browser.wait_until(f"{LINE} !== {json.dumps(before)}")
        line = "document.querySelector('polyline.real').outerHTML"
        first = browser.evaluate(line)
        browser.evaluate("document.getElementById('another-real').click()")
        assert browser.evaluate(line) != first
        # Nothing is loaded from elsewhere.
        loaded = browser.evaluate(
            "performance.getEntriesByType('resource').map((one) => one.name)"
        )
        assert any(name.endswith(".wasm") for name in loaded)
        assert all(
            name.startswith((address, "data:", "blob:")) for name in loaded
        )


@pytest.mark.slow
def test_page_without_its_generator(folder, tmp_path):
    incomplete = tmp_path / "page"
    shutil.copytree(folder, incomplete)
    pathlib.Path(incomplete, "generator.onnx").unlink()
    with (
        headless_chromium.served(incomplete) as address,
        headless_chromium.HeadlessChromium() as browser,
    ):
        browser.open(f"{address}/index.html")
        browser.wait_until("document.body?.dataset.state")
        text = browser.evaluate("document.getElementById('status').innerText")
        assert text.startswith("The generator could not be loaded")
