"""How pictures lie in their files, by EXIF or XMP."""

from PIL import ExifTags
from PIL import Image
from PIL import PngImagePlugin

# The values that exchange height and width.
_EXCHANGING = (5, 6, 7, 8)

# How texts of a PNG begin that Pillow finds an orientation in.
_PROFILES = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0")


def upright_size(image: Image.Image) -> tuple[int, int]:
    """(width, height) after turning upright, as `ImageOps.exif_transpose` does.

    Args:
        image: A `PIL.Image`, of which only the header has been read. Its
            pixels are read only if the orientation lies behind them, which PNG
            allows.
    """
    width, height = image.size
    # Of TIFF, Pillow gives the size after turning.
    if image.format == "TIFF" or not _says_orientation(image):
        return width, height
    orientation = image.getexif().get(ExifTags.Base.Orientation)
    return (height, width) if orientation in _EXCHANGING else (width, height)


def _says_orientation(image):
    """Whether it is worth it to ask, which reads the pixels of a PNG."""
    if not isinstance(image, PngImagePlugin.PngImageFile):
        return True
    known = {"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"}
    return not known.isdisjoint(image.info) or _says_it_late(image.fp)


def _says_it_late(file):
    """Whether a PNG has an orientation behind its pixels, where `file` is."""
    start = file.tell()
    try:
        # Within the first chunk of pixels, behind its length and name.
        file.seek(start - 8)
        while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
            rest = int.from_bytes(head[:4], "big") + 4  # With a checksum.
            if head[4:] == b"eXIf":
                return True
            if head[4:] in (b"iTXt", b"tEXt", b"zTXt"):
                text = file.read(min(rest, max(map(len, _PROFILES))))
                if text.startswith(_PROFILES):
                    return True
                rest -= len(text)
            file.seek(rest, 1)
        return False
    finally:
        file.seek(start)
