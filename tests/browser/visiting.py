"""What a team taps on the phone: the place of the inspection, and its check list."""

from playwright.sync_api import FilePayload, Page, expect


def take_place(page: Page, verdict: str) -> None:
    """The position is taken by a tap, and the page says what it is."""
    page.get_by_role("button", name="记录检查地点").click()
    expect(page.get_by_text(verdict).first).to_be_visible()


def answer_all(page: Page, photo: FilePayload | str) -> int:
    """Every item without a problem but the first, which a photo shows; the number of items."""
    items = page.locator("fieldset.item")
    for number in range(items.count()):
        items.nth(number).locator("label.choice").nth(1 if number == 0 else 0).click()
    expect(items.first.get_by_text("请附上这一项的照片或材料")).to_be_visible()
    items.first.locator("input[type=file]").set_input_files(photo)
    expect(items.first.get_by_text("请附上这一项的照片或材料")).to_have_count(0)
    return int(items.count())
