"""A photo: what it says of place and time, a clean copy for screens, and a fingerprint that survives re-encoding.

The copy is drawn anew from the pixels: nothing hidden in the file comes along. Place and time are read before, and are
sealed with the entry that attaches the photo. Pure, but slow: call it in a thread.
"""

import io
import math
import re
import warnings
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import imagehash
from PIL import ExifTags, Image, ImageOps

from lantian_proto.both import Both
from lantian_tasks.evidence.likeness import Photo

MOST_PIXELS = 60_000_000
LONGEST_EDGE = 2560
QUALITY = 85
LOCAL = timezone(timedelta(hours=8))
"""A camera that names no zone stands in China."""
FORMATS = ("JPEG", "PNG", "WEBP")
CAMERA_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")


class PhotoError(Exception):
    """The pixels can not be read, or are too `many`; the message is for the person."""

    def __init__(self, message: Both, *, many: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.many = many


def read_photo(data: bytes) -> Photo:
    """Reads and redraws a photo. Raises PhotoError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _redrawn(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError(Both("the photo has too many pixels", "像素过多，拒收"), many=True) from error
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, KeyError, TypeError, MemoryError) as error:
        raise PhotoError(Both("the photo is damaged", "图像已损坏，无法读取")) from error


def _redrawn(image: Image.Image) -> Photo:
    if image.width * image.height > MOST_PIXELS:
        most = MOST_PIXELS // 10**6
        raise PhotoError(Both(f"a photo has at most {most} million pixels", f"像素超过 {most} 百万，拒收"), many=True)
    exif = image.getexif()
    place = _place(exif.get_ifd(ExifTags.IFD.GPSInfo))
    details = exif.get_ifd(ExifTags.IFD.Exif)
    width, height = image.size
    image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
    clean = ImageOps.exif_transpose(image).convert("RGB")
    clean.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    shown = io.BytesIO()
    clean.save(shown, "JPEG", quality=QUALITY)
    return Photo(
        width=width,
        height=height,
        shown=shown.getvalue(),
        phash=str(imagehash.phash(clean)),
        taken_ms=_taken(details) or _taken(exif),
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
        camera=_text(exif.get(ExifTags.Base.Model)),
    )


def _text(value: Any) -> str:
    return "".join(c for c in str(value) if c.isprintable()).strip()[:80] if value else ""


def _taken(tags: Any) -> int:
    found = CAMERA_TIME.match(str(tags.get(ExifTags.Base.DateTimeOriginal) or tags.get(ExifTags.Base.DateTime) or ""))
    if found is None:
        return 0
    zone = LOCAL
    said = OFFSET.match(str(tags.get(ExifTags.Base.OffsetTimeOriginal) or ""))
    if said is not None:
        minutes = int(said[2]) * 60 + int(said[3])
        zone = timezone(timedelta(minutes=minutes if said[1] == "+" else -minutes)) if minutes < 24 * 60 else LOCAL
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return 0
    return max(0, round(moment.astimezone(UTC).timestamp() * 1000))


def _place(gps: Any) -> tuple[float, float] | None:
    latitude = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
    longitude = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return None if latitude == 0 and longitude == 0 else (latitude, longitude)


def _degrees(value: Any, side: Any, negative: str) -> float | None:
    if not isinstance(value, tuple) or len(value) != 3:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    total = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(total):
        return None
    return round(-total if str(side).strip("\0 ").upper() == negative else total, 6)
