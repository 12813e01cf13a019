"""The built console under /console/: static files, one page for every address, nothing from elsewhere.

Raises ConsoleError when the folder holds no build.
"""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PATH = "/console"
# Scripts and styles are files of the build; pictures may also come from the page itself (previews before an upload).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FOR_EVER = "public, max-age=31536000, immutable"  # names of assets carry a hash of their content


class ConsoleError(Exception):
    """The folder given holds no built console."""


class _Pages(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or path.startswith("assets/"):
                raise
            response = await super().get_response("index.html", scope)  # the address belongs to a page of the console
        response.headers.update(HEADERS)
        response.headers["Cache-Control"] = FOR_EVER if path.startswith("assets/") else "no-cache"
        return response


def add_console(app: FastAPI, folder: Path) -> None:
    """Serves the build in `folder`; the root leads to it."""
    if not (folder / "index.html").is_file():
        raise ConsoleError(f"{folder} holds no built console: `make web` builds it")
    app.mount(PATH, _Pages(directory=folder, html=True), name="console")

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        return RedirectResponse(f"{PATH}/")
