"""What a file is, judged by its content: what it is called, or said to be, proves nothing. Pure.

Photos: JPEG, PNG, WebP. Files: PDF, DOCX, XLSX without macros, MP4, text and CSV. Everything else is refused, and so is
a name whose ending says something else than the content (a disguise).
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

import filetype

from lantian_proto.both import Both

MOST_BYTES = 32 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
MOST_MEMBERS = 5_000
MOST_RATIO = 200
"""Unpacked bytes for one packed: office files reach about 20."""
BOUNDARY_MOST = 64 * 1024

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDINGS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jfif"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
    DOCX: ("docx",),
    XLSX: ("xlsx",),
    "video/mp4": ("mp4", "m4v", "mov"),
    "text/plain": ("txt", "csv", "log"),
}
PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
MARKUP = (b"<!", b"<html", b"<svg", b"<?xml", b"<script")


@dataclass(frozen=True, slots=True)
class Unacceptable:
    """Why a file is refused: too-large, unknown-type, disguised or bomb; `detail` for the person, Chinese first."""

    code: Literal["too-large", "unknown-type", "disguised", "bomb", "empty"]
    detail: str


def media_type_of(data: bytes, name: str) -> str | Unacceptable:
    """The media type of the content, or why it is refused. `name` is the file's name as the sender calls it."""
    if not data:
        return Unacceptable("empty", Both("the file is empty", "文件是空的"))
    if len(data) > MOST_BYTES:
        most = MOST_BYTES // 2**20
        return Unacceptable("too-large", Both(f"a file has at most {most} MB", f"文件超过 {most} MB"))
    found = _by_content(data)
    if isinstance(found, Unacceptable):
        return found
    ending = PurePath(name).suffix.lstrip(".").lower()
    if ending and ending not in ENDINGS[found]:
        return Unacceptable(
            "disguised",
            Both(f"the name ends in .{ending}, the content is {found}", f"文件名以 .{ending} 结尾，内容却是 {found}"),
        )
    return found


def _by_content(data: bytes) -> str | Unacceptable:
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    guessed = filetype.guess_mime(data[:BOUNDARY_MOST])
    if guessed in ("video/quicktime", "video/x-m4v"):
        guessed = "video/mp4"
    if guessed in ENDINGS and guessed not in (DOCX, XLSX):
        return str(guessed)
    if guessed is None and _is_text(data):
        return "text/plain"
    kinds = "JPEG、PNG、WebP、PDF、DOCX、XLSX、MP4、TXT"
    return Unacceptable(
        "unknown-type",
        Both(
            f"this content is not taken ({guessed or 'unknown'}); JPEG, PNG, WebP, PDF, DOCX, XLSX, MP4 and text are",
            f"不接受这种内容（{guessed or '未知'}），只接受 {kinds}",
        ),
    )


def _is_text(data: bytes) -> bool:
    if b"\0" in data or data.lstrip()[:16].lower().startswith(MARKUP):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return all(character >= " " or character in "\t\r\n" for character in text)
    return False


def _office(data: bytes) -> str | Unacceptable:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return Unacceptable("unknown-type", Both("the archive is damaged", "压缩结构已损坏"))
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * len(data):
        return Unacceptable("bomb", Both("it unpacks to far too much", "解压后过大，拒收"))
    names = {member.filename for member in members}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return Unacceptable("unknown-type", Both("files with macros are not taken", "含有宏，拒收"))
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        return DOCX
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        return XLSX
    return Unacceptable(
        "unknown-type", Both("archives are not taken, send file by file", "不接受压缩包，请逐个上传文件")
    )
