"""What files say of their own making."""

import datetime
import io
import json
import sys
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL import PngImagePlugin

from specgan.detection import file_statements
from specgan.detection import provenance
from specgan.detection.file_statements import statements

TRAINED = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
)


def picture(seed=0):
    draw = np.random.default_rng(seed)
    return Image.fromarray(draw.integers(0, 256, [32, 32, 3], np.uint8))


def texts(path):
    return [str(statement) for statement in provenance(path)]


def test_a_file_that_says_nothing(tmp_path):
    for name in ("a.png", "a.jpg", "a.webp"):
        picture().save(tmp_path / name)
        assert provenance(tmp_path / name) == []


def test_png_texts(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a castle\nSteps: 20, Sampler: " + 90 * "x")
    info.add_text("Software", "painter 1.0")
    path = tmp_path / "a.png"
    picture().save(path, pnginfo=info)
    generator, software = provenance(path)
    assert generator.source == "PNG text" and generator.generated
    assert "of a generator: a castle Steps: 20" in generator.text
    assert generator.text.endswith("xxx...") and len(generator.text) < 120
    assert software == ("PNG text", "software painter 1.0", False)


def test_a_text_behind_the_pixels_counts(tmp_path):
    path = tmp_path / "a.png"
    picture().save(path)
    content = b"prompt\0a castle"
    chunk = len(content).to_bytes(4, "big") + b"tEXt" + content
    chunk += zlib.crc32(b"tEXt" + content).to_bytes(4, "big")
    whole = path.read_bytes()
    path.write_bytes(whole[:-12] + chunk + whole[-12:])
    with Image.open(path) as image:
        image.load()
        (statement,) = statements(path, image)
    assert statement.generated and "a castle" in statement.text
    assert provenance(path) == [statement]
    # Of a file that ends before them, what stands in front of the pixels.
    path.write_bytes(whole[:200])
    assert provenance(path) == []


def test_marks_may_lie_in_two_blocks(tmp_path, monkeypatch):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"0123456jumb--c2pa9")
    for size in range(3, 20):
        monkeypatch.setattr(file_statements, "_BLOCK", size)
        assert file_statements._holds(path, b"jumb", b"c2pa")
        assert not file_statements._holds(path, b"jumb", b"c3pa")


def test_exif_is_no_evidence(tmp_path):
    exif = Image.Exif()
    exif[271], exif[272], exif[305] = "Maker", "Model 1", "developer 2\n"
    path = tmp_path / "a.jpg"
    picture().save(path, exif=exif)
    assert texts(path) == [
        "EXIF: camera Maker Model 1", "EXIF: software developer 2"
    ]  # fmt: skip
    assert not any(one.generated for one in provenance(path))


def test_xmp(tmp_path):
    packet = f'<x Iptc4xmpExt:DigitalSourceType="{TRAINED}"/>'
    path = tmp_path / "a.jpg"
    picture().save(path, xmp=packet.encode())
    assert texts(path) == ["XMP: made by a trained algorithm"]


@pytest.mark.parametrize(
    "kind, expected",
    [
        ("algorithmicMedia", [("XMP", "made by an algorithm", False)]),
        ("trainedAlgorithmicMediaData", []),
        ("digitalCapture", []),
    ],
)
def test_other_source_types_are_no_evidence(tmp_path, kind, expected):
    path = tmp_path / "a.jpg"
    source = TRAINED.replace("trainedAlgorithmicMedia", kind)
    picture().save(path, xmp=f'<x DigitalSourceType="{source}"/>'.encode())
    assert provenance(path) == expected


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\xff\xd8\xff\xeb c2pa jumb"]
)
def test_damaged_files_say_nothing(tmp_path, content):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert provenance(path) == []
    assert provenance(tmp_path / "missing.jpg") == []


def test_control_characters_are_not_printed(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "\x1b[2Jpainter")
    path = tmp_path / "a.png"
    picture().save(path, pnginfo=info)
    (line,) = texts(path)
    assert line.isprintable() and "painter" in line


# === C2PA ===


def certificate(name, key, issuer, issuer_key, is_root=False):
    """A certificate of a day, as C2PA wants those of signers."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID
    from cryptography.x509.oid import NameOID

    def named(one):
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, one),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            ]
        )

    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    signs = not is_root
    usage = x509.KeyUsage(
        signs, False, False, False, False, is_root, is_root, False, False
    )
    builder = (
        x509.CertificateBuilder(named(issuer), named(name), key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(is_root, None), True)
        .add_extension(usage, True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(
                issuer_key.public_key()
            ),
            False,
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
        )
    )
    if signs:
        email = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(email, False)
    signed = builder.sign(issuer_key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def signed():
    """A JPEG file whose manifest says that a trained algorithm made it."""
    c2pa = pytest.importorskip("c2pa")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    root, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = certificate("signer", key, "root", root)
    chain += certificate("root", root, "root", root, is_root=True)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signer = c2pa.Signer.from_info(
        c2pa.C2paSignerInfo(
            alg=b"es256", sign_cert=chain, private_key=private, ta_url=None
        )
    )
    action = {"action": "c2pa.created", "digitalSourceType": TRAINED}
    manifest = {
        "claim_generator_info": [{"name": "example generator", "version": "1"}],
        "format": "image/jpeg",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [action]}}
        ],
    }
    context = c2pa.Context.from_dict(
        {"builder": {"thumbnail": {"enabled": False}}}
    )
    file, result = io.BytesIO(), io.BytesIO()
    picture().save(file, "JPEG")
    file.seek(0)
    c2pa.Builder(json.dumps(manifest), context).sign(
        signer, "image/jpeg", file, result
    )
    return result.getvalue()


def test_a_manifest(signed, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(signed)
    (statement,) = provenance(path)
    assert statement == (
        "C2PA",
        "made by a trained algorithm, manifest by example generator; valid, by "
        "a signer that is on no list",
        True,
    )


def test_a_manifest_of_another_picture_is_no_evidence(signed, tmp_path):
    altered = bytearray(signed)
    altered[-40] ^= 255  # A pixel's code.
    path = tmp_path / "a.jpg"
    path.write_bytes(altered)
    (statement,) = provenance(path)
    assert "not valid: assertion.dataHash.mismatch" in statement.text
    assert not statement.generated


def test_a_manifest_that_is_cut_off_says_nothing(signed, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(signed[: signed.index(b"c2pa") + 200])
    assert provenance(path) == []


def test_without_the_library_a_manifest_is_named(signed, tmp_path, monkeypatch):
    path = tmp_path / "a.jpg"
    path.write_bytes(signed)
    monkeypatch.setitem(sys.modules, "c2pa", None)
    (statement,) = provenance(path)
    assert "pip install 'specgan[provenance]'" in statement.text
    assert not statement.generated
