"""Makes the three pictures of the README out of what `make screens` took: docs/screens, at most 150 KB each."""

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
TAKEN, SHOWN = ROOT / ".local" / "screens", ROOT / "docs" / "screens"
LARGEST = 150_000


def cut(name: str, height: int) -> Image.Image:
    """The upper part of a picture."""
    whole = Image.open(TAKEN / f"{name}.png").convert("RGB")
    return whole.crop((0, 0, whole.width, min(height, whole.height)))


def beside(pictures: list[Image.Image], gap: int = 24) -> Image.Image:
    """Pictures in a row."""
    width = sum(one.width for one in pictures) + gap * (len(pictures) - 1)
    row = Image.new("RGB", (width, max(one.height for one in pictures)), "#ffffff")
    at = 0
    for one in pictures:
        row.paste(one, (at, 0))
        at += one.width + gap
    return row


def save(picture: Image.Image, name: str, width: int) -> None:
    """As a palette of as many colours as fit the size; rare ones stay, a class of air is known by its colour."""
    small = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    SHOWN.mkdir(parents=True, exist_ok=True)
    for colours in (256, 128, 64, 32):
        small.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(SHOWN / name, optimize=True)
        if (SHOWN / name).stat().st_size <= LARGEST:
            return
    raise ValueError(f"{name} stays above {LARGEST} bytes")


if __name__ == "__main__":
    save(cut("duty-1440", 980), "duty.png", 1200)
    save(cut("lead-1440", 1180), "lead.png", 1100)
    save(beside([cut("team-390", 844), cut("visit-390", 844), cut("enterprise-390", 844)]), "phone.png", 1000)
