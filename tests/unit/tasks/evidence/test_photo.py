"""What a photo says of place and time, what is drawn anew, and what speaks against it."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from lantian_tasks.clocks.facts import Site
from lantian_tasks.clocks.policy import shipped
from lantian_tasks.evidence.likeness import BANDS, NEAR, Photo, bands, differing_bits, distance_m
from lantian_tasks.evidence.photo import read_photo
from lantian_tasks.evidence.piece import Piece, Stated, with_photo, with_similar
from tests.support.tasks_photos import a_photo

SITE = (38.0428, 114.5149)
LIES = Site("enterprise", *SITE)
NOON = 1_795_320_000_000  # 2026-11-22 12:00 +08:00
RULES = shipped().evidence
PIECE = Piece("evd-1", "issue/a", "photo-after", "", "image/jpeg", 9, "s1", NOON, "team-1")


def test_place_and_time_are_read_and_nothing_else_comes_along() -> None:
    """The clean copy has no EXIF; the camera's time without a zone is China's."""
    photo = read_photo(a_photo(place=SITE, taken="2026:11:22 12:00:00"))
    assert photo.taken_ms == NOON
    assert (photo.latitude, photo.longitude) == pytest.approx(SITE, abs=1e-4)
    clean = Image.open(io.BytesIO(photo.shown))
    assert (clean.format, clean.size, dict(clean.getexif())) == ("JPEG", (320, 240), {})
    south = read_photo(a_photo(place=(-38.0, -114.5)))
    assert (south.latitude, south.longitude) == (-38.0, -114.5)


@pytest.mark.parametrize("taken", ["", "2026:13:40 99:00:00", "yesterday", "0000:00:00 00:00:00"])
def test_a_time_that_is_none(taken: str) -> None:
    """Unknown, not an error."""
    assert read_photo(a_photo(taken=taken)).taken_ms == 0


def test_the_same_picture_is_found_again() -> None:
    """Smaller, of another format and quality; another picture is far away; the index misses none that is near."""
    first = read_photo(a_photo(1)).phash
    for other in (a_photo(1, size=(200, 150)), a_photo(1, form="PNG"), a_photo(1, quality=40)):
        assert differing_bits(first, read_photo(other).phash) <= NEAR
    for seed in range(2, 8):
        assert differing_bits(first, read_photo(a_photo(seed)).phash) > NEAR
    assert NEAR < BANDS
    flipped = int(first, 16)
    for bit in range(NEAR):
        flipped ^= 1 << (bit * 9)
    near = f"{flipped:016x}"
    assert differing_bits(first, near) == NEAR
    assert set(bands(first)) & set(bands(near))


def photo(**said: object) -> Photo:
    """A photo of noon at the site."""
    plain = Photo(320, 240, b"x", "0" * 16, NOON, SITE[0], SITE[1], "")
    return replace(plain, **said)  # type: ignore[arg-type]  # the fields of a photo


@pytest.mark.parametrize(
    ("taken", "stated", "flags"),
    [
        (photo(), Stated(), ()),
        (photo(latitude=None, longitude=None), Stated(), ("no-place",)),
        (photo(latitude=None, longitude=None), Stated(0, *SITE), ()),
        (photo(latitude=38.06), Stated(), ("outside-fence",)),
        (photo(), Stated(NOON, 38.1, 114.5), ("places-differ",)),
        (photo(taken_ms=0), Stated(), ("no-time",)),
        (photo(taken_ms=NOON + 600_000), Stated(), ("taken-ahead",)),
        (photo(taken_ms=NOON - 73 * 3_600_000), Stated(), ("taken-long-ago",)),
        (photo(taken_ms=NOON - 3_600_000), Stated(NOON), ("times-differ",)),
        # The clock of camera and phone is two hours ahead, as the phone showed when it sent: no photo of tomorrow.
        (photo(taken_ms=NOON + 7_200_000), Stated(NOON + 7_200_000, lacks_ms=-7_200_000), ()),
        (photo(taken_ms=0), Stated(NOON + 7_200_000, lacks_ms=-7_200_000), ()),
        # Another camera's clock is not the phone's.
        (
            photo(taken_ms=NOON + 600_000),
            Stated(NOON + 7_200_000, lacks_ms=-7_200_000),
            ("taken-ahead", "times-differ"),
        ),
    ],
)
def test_what_speaks_against_a_photo(taken: Photo, stated: Stated, flags: tuple[str, ...]) -> None:
    """The fence, the clock, and what camera and phone say of each other."""
    piece = with_photo(PIECE, taken, stated, LIES, RULES)
    assert piece.flags == flags
    nowhere = with_photo(PIECE, taken, stated, None, RULES)
    assert (nowhere.distance_m, "registry-no-site" in nowhere.flags, "outside-fence" in nowhere.flags) == (
        -1,
        True,
        False,
    )
    moving = with_photo(PIECE, taken, stated, Site("vehicle"), RULES)
    assert (moving.distance_m, set(moving.flags)) == (-1, set(flags) - {"outside-fence"})


def test_likeness_across_and_within() -> None:
    """The same picture for another issue, and the same as before and after."""
    mine = with_photo(PIECE, photo(), Stated(), LIES, RULES)
    elsewhere = replace(mine, evidence_id="evd-2", subject="issue/b", phash="0" * 15 + "f")
    before = replace(mine, evidence_id="evd-3", kind="photo-before")
    other = replace(mine, evidence_id="evd-4", subject="issue/b", phash="f" * 16)
    assert with_similar(mine, [mine, other]).flags == ()
    found = with_similar(mine, [elsewhere, before, other])
    assert (found.flags, found.similar) == (("seen-before", "same-photo"), ("evd-2", "evd-3"))


def test_distances() -> None:
    """A degree of a meridian is 111.2 km."""
    assert distance_m((38.0, 114.0), (39.0, 114.0)) == pytest.approx(111_195, abs=1)
    assert distance_m(SITE, SITE) == 0
