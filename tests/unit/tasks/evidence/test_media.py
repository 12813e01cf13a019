"""Files are what their content is: disguises, bombs and what nobody asked for are refused."""

import pytest

from lantian_proto.both import chinese
from lantian_tasks.evidence.media import DOCX, MOST_BYTES, MOST_UNPACKED, XLSX, Unacceptable, media_type_of
from lantian_tasks.evidence.photo import MOST_PIXELS, PhotoError, read_photo
from lantian_tasks.evidence.schemas import clean_name
from tests.support.tasks_photos import a_photo, a_png_header, an_archive

DOCUMENT = an_archive(word__document_xml=b"<w:document/>")
BOMB = an_archive(word__document_xml=b"<w:document/>", word__media_xml=bytes(64 * 1024 * 1024))


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("前.jpg", a_photo(), "image/jpeg"),
        ("", a_photo(form="PNG"), "image/png"),
        ("p.webp", a_photo(form="WEBP"), "image/webp"),
        ("r.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("r.docx", DOCUMENT, DOCX),
        ("r.xlsx", an_archive(xl__workbook_xml=b"<w/>"), XLSX),
        ("v.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
        ("r.txt", "整改情况：已更换".encode(), "text/plain"),
        ("r.csv", "时间,值\n1,2\n".encode("gb18030"), "text/plain"),
    ],
)
def test_what_is_taken(name: str, data: bytes, media_type: str) -> None:
    """By content; the name may be missing but must not contradict."""
    assert media_type_of(data, name) == media_type


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.jpg", b"", "empty"),
        ("a.jpg", b"%PDF-1.7\n", "disguised"),
        ("r.pdf", a_photo(), "disguised"),
        ("photo.jpg.exe", a_photo(), "disguised"),
        ("r.txt", b"<html><script>alert(1)</script>", "unknown-type"),
        ("r.txt", b"  <svg onload=alert(1)>", "unknown-type"),
        ("a.svg", b"<?xml version='1.0'?><svg/>", "unknown-type"),
        ("r.exe", b"MZ\x90\0\x03", "unknown-type"),
        ("r.txt", b"ab\0cd", "unknown-type"),
        ("a.gif", b"GIF89a\x01\0\x01\0\0\0\0;", "unknown-type"),
        ("r.zip", an_archive(a_txt=b"x"), "unknown-type"),
        ("r.docx", DOCUMENT[:60], "unknown-type"),
        ("r.docx", an_archive(word__document_xml=b"", word__vbaProject_bin=b"x"), "unknown-type"),
        ("r.docx", BOMB, "bomb"),
        ("r.txt", b"a" * (MOST_BYTES + 1), "too-large"),
    ],
)
def test_what_is_refused(name: str, data: bytes, code: str) -> None:
    """With its reason in both languages."""
    refused = media_type_of(data, name)
    assert isinstance(refused, Unacceptable)
    assert refused.code == code
    assert refused.detail.isascii()
    assert chinese(refused.detail)


def test_a_bomb_is_small() -> None:
    """It would be no bomb if its size gave it away."""
    assert len(BOMB) < 100_000 < MOST_UNPACKED


@pytest.mark.parametrize(
    "data",
    [
        a_photo()[:400],
        a_photo()[:20] + b"\xff" * 500,
        a_photo(form="PNG")[:80],
        a_png_header(60_000, 60_000),
        a_png_header(8_000, 8_000),
        b"RIFF\x10\0\0\0WEBPVP8 ",
    ],
)
def test_pixels_that_can_not_be_read(data: bytes) -> None:
    """Truncated, garbled, or too many: one error, never another, and before memory is taken."""
    with pytest.raises(PhotoError):
        read_photo(data)


def test_the_most_pixels_are_those_of_a_large_phone() -> None:
    """48 megapixels pass, and a header that claims 64 does not."""
    assert 48_000_000 < MOST_PIXELS < 8_000 * 8_000


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("..\\..\\windows\\a.jpg", "a.jpg"),
        ("/etc/passwd", "passwd"),
        ("报告\u202egpj.exe", "报告gpj.exe"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
        (" 前.jpg ", "前.jpg"),
    ],
)
def test_names_are_names(sent: str, kept: str) -> None:
    """No folders, no control characters, no turned direction of writing."""
    assert clean_name(sent) == kept
