"""Photos as phones take them, and files that are not what they say."""

import io
import random
import zipfile
import zlib
from functools import cache

from PIL import ExifTags, Image, ImageDraw


@cache
def a_photo(
    seed: int = 1,
    place: tuple[float, float] | None = None,
    taken: str = "",
    form: str = "JPEG",
    size: tuple[int, int] = (320, 240),
    quality: int = 90,
) -> bytes:
    """A picture of its own for each seed; `place` in degrees north and east, `taken` as cameras write it."""
    dice = random.Random(seed)
    image = Image.new("RGB", (320, 240), tuple(dice.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        left, top = dice.randrange(280), dice.randrange(200)
        box = (left, top, left + dice.randrange(20, 120), top + dice.randrange(20, 120))
        draw.ellipse(box, fill=tuple(dice.randrange(256) for _ in range(3)))
    exif = Image.Exif()
    if taken:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if place is not None:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        for reference, value, names in (
            (ExifTags.GPS.GPSLatitudeRef, place[0], "NS"),
            (ExifTags.GPS.GPSLongitudeRef, place[1], "EW"),
        ):
            gps[reference] = names[value < 0]
            gps[reference + 1] = (float(int(abs(value))), abs(value) % 1 * 60, 0.0)
    data = io.BytesIO()
    image.resize(size).save(data, form, exif=exif, quality=quality)
    return data.getvalue()


def an_archive(**members: bytes) -> bytes:
    """A zip of these members; two underscores in a name stand for a slash, a single one for a dot.

    The same bytes each time: they stand in names of tests, which two workers must agree on.
    """
    data = io.BytesIO()
    named = {name.replace("__", "/").replace("_", "."): content for name, content in members.items()}
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in {"[Content_Types].xml": b"<Types/>", **named}.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 22, 8, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def a_png_header(width: int, height: int) -> bytes:
    """The beginning of a PNG that claims a size; some 100 bytes."""
    data = io.BytesIO()
    Image.new("1", (1, 1)).save(data, "PNG")
    raw = bytearray(data.getvalue())
    raw[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    raw[29:33] = zlib.crc32(bytes(raw[12:29])).to_bytes(4, "big")
    return bytes(raw)
