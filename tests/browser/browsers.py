"""A real Chromium: Debian's where it is installed, else the one Playwright brought."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
DESK, PHONE, SMALL = (1440, 900), (390, 844), (360, 740)
KEY = "lantian.key"
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; raises Error of Playwright when there is none, with the command that installs one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--lang=zh-CN", "--font-render-hinting=none"]
        )
        yield browser
        browser.close()


def opened(
    browser: Browser,
    url: str,
    who: str,
    size: tuple[int, int] = DESK,
    *,
    dark: bool = False,
    keeps_files: bool = False,
    english: bool = False,
) -> BrowserContext:
    """A context in which `who` (or the account whose key this is) is signed in; it may keep files or speak English."""
    phone = size[0] < 600
    context = browser.new_context(
        base_url=url,
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN",
        timezone_id="America/New_York",  # the console shows the authority's zone, whatever the machine's is
        has_touch=phone,
        is_mobile=phone,
        device_scale_factor=1,
        service_workers="block" if not keeps_files else "allow",
        geolocation={"latitude": 38.04, "longitude": 114.52},
        permissions=["geolocation"],
    )
    if who:
        key = who if len(who) > 30 else f"key-{who}"
        context.add_init_script(f"sessionStorage.getItem('{KEY}') ?? sessionStorage.setItem('{KEY}', {key!r})")
    if dark:
        context.add_init_script("localStorage.setItem('lantian.dark', '1')")
    if english:
        context.add_init_script("localStorage.setItem('lantian.language', 'en')")
    context.set_default_timeout(20_000)
    return context


QUIET = """() => {
  const main = document.querySelector('#main');
  const text = main?.textContent.trim();
  return text && !document.querySelector('[aria-busy=true]') && !/正在读取|Reading…/.test(text);
}"""
PATIENCE_MS = 60_000


def until(page: Page, condition: str, patience_ms: int = PATIENCE_MS) -> None:
    """Waits for an expression. Playwright's own way evaluates text in the page, which the policy forbids."""
    for _ in range(patience_ms // 50):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    text = page.evaluate("document.body.innerText")
    raise AssertionError(f"never came true: {condition}\n{page.url}\n{text[:2000]}")


def settled(page: Page) -> None:
    """Waits until nothing is being read any more."""
    until(page, QUIET)
    page.wait_for_timeout(150)  # the frame that draws it


def violations(page: Page) -> list[str]:
    """What axe finds serious, as sentences."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{row['id']} ({row['impact']}): {node['target']} {node['html'][:160]}"
        for row in found["violations"]
        if row["impact"] in GRAVE
        for node in row["nodes"][:4]
    ]


def too_wide(page: Page) -> int:
    """Pixels by which the page is wider than its window; 0: it fits."""
    return int(page.evaluate("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"))


SHIFT = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
      const name = ({node}) => (node?.outerHTML ?? node?.textContent ?? '').slice(0, 70);
      if (!one.hadRecentInput) window.shifts.push([one.value, one.sources.map(name).join(' | ')]);
    }
  }).observe({type: 'layout-shift', buffered: true});
"""


def shifted(page: Page) -> tuple[float, str]:
    """How far what stood on the page moved by itself since it opened (layout shift, all summed), and what moved most.

    The context needs SHIFT as a script before the page.
    """
    found: list[tuple[float, str]] = [(float(value), str(what)) for value, what in page.evaluate("window.shifts")]
    return sum(value for value, _ in found), max(found, default=(0.0, ""))[1]


def listen(page: Page) -> list[str]:
    """What the browser objects to: errors of scripts, and what the policy blocked."""
    objections: list[str] = []
    page.on("pageerror", lambda error: objections.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: objections.append(f"console: {message.text}")
        if message.type == "error" and "Failed to load resource" not in message.text
        else None,
    )
    return objections
