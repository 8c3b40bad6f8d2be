#!/usr/bin/env bash
# A C2PA manifest gets a thumbnail of 1024 px, of a picture of 64 px too.
#
# c2pa-python 0.38.1 (c2pa-rs 0.91.3) adds a thumbnail when it signs a picture,
# unless told otherwise. The setting that is called its long edge, 1024 pixels,
# is no upper bound: smaller pictures are enlarged to it. A JPEG file of 64 x 64
# pixels and 3 kB becomes one of about 180 kB, of which the manifest's thumbnail
# is nearly all. A grid of a small generator's samples, signed one by one, takes
# sixty times the space; what reads thumbnails instead of pictures (galleries,
# crawlers) measures an interpolated picture, whose fine detail is gone.
#
# Remedy: c2pa.Builder(manifest, c2pa.Context.from_dict(
#   {"builder": {"thumbnail": {"enabled": False}}})).
#
# Runs without specgan. Exit code 0 while c2pa behaves so, 1 otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  c2pa-python==0.38.1 cryptography==50.0.2 pillow==13.0.0 numpy==2.4.4
"$folder/venv/bin/python" - <<'PYTHON'
import datetime
import io
import json
import sys

import c2pa
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.oid import NameOID
from PIL import Image


def certificate(name, key, issuer, issuer_key, is_root):
    """Valid for a day; c2pa wants the extensions of a signer of documents."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    usage = dict.fromkeys(
        (
            "digital_signature content_commitment key_encipherment "
            "data_encipherment key_agreement key_cert_sign crl_sign "
            "encipher_only decipher_only"
        ).split(),
        False,
    )
    for one in ("key_cert_sign", "crl_sign") if is_root else ["digital_signature"]:
        usage[one] = True
    names = [
        x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, one),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            ]
        )
        for one in (name, issuer)
    ]
    public = issuer_key.public_key()
    builder = (
        x509.CertificateBuilder(*names[::-1], key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(is_root, None), True)
        .add_extension(x509.KeyUsage(**usage), True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
        )
    )
    if not is_root:
        email = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(email, False)
    signed = builder.sign(issuer_key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
chain = certificate("signer", key, "root", root_key, False)
chain += certificate("root", root_key, "root", root_key, True)
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
noise = np.random.default_rng(0).integers(0, 256, [64, 64, 3], np.uint8)
picture = io.BytesIO()
Image.fromarray(noise).save(picture, "JPEG", quality=75)
manifest = {
    "claim_generator_info": [{"name": "example", "version": "1"}],
    "format": "image/jpeg",
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {"actions": [{"action": "c2pa.created", "digitalSourceType":
                "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}]},
        }
    ],
}


def signed(context=None):
    result = io.BytesIO()
    picture.seek(0)
    builder = c2pa.Builder(json.dumps(manifest), context)
    builder.sign(signer, "image/jpeg", picture, result)
    return result


file = signed()
file.seek(0)
reader = c2pa.Reader("image/jpeg", file)
found = json.loads(reader.json())
thumbnail = io.BytesIO()
reader.resource_to_stream(
    found["manifests"][found["active_manifest"]]["thumbnail"]["identifier"],
    thumbnail,
)
before, after = len(picture.getvalue()), len(file.getvalue())
size = Image.open(thumbnail).size
settings = {"builder": {"thumbnail": {"enabled": False}}}
without = len(signed(c2pa.Context.from_dict(settings)).getvalue())
print("c2pa-python 0.38.1,", c2pa.sdk_version())
print(f"picture of 64 x 64: {before} bytes, signed {after} bytes")
print(f"its thumbnail: {size[0]} x {size[1]}, {len(thumbnail.getvalue())} bytes")
print(f"signed without a thumbnail: {without} bytes")
sys.exit(not (size == (1024, 1024) and after > 20 * before > without))
PYTHON
