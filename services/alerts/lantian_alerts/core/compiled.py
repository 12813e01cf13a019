"""Compilation with numba, and machine code that never outlives its source."""

import zlib
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

SOURCES: Final = (
    "layout.py", "compiled.py", "runs.py", "hours.py", "kernel.py", "ipc.py", "names.py", "fetched.py", "alike.py",
)  # fmt: skip
CONSTANTS: Final = ("lantian_alerts.knowledge", "validity.py")
DIGEST: Final = zlib.crc32(
    b"".join(files(__package__).joinpath(name).read_bytes() for name in SOURCES)
    + files(CONSTANTS[0]).joinpath(CONSTANTS[1]).read_bytes()
)

_functions: list[Any] = []


def compiled(function: F) -> F:
    """Compiles a function at its first call, and keeps the machine code beside the source or in NUMBA_CACHE_DIR."""
    found: Any = njit(cache=True, nogil=True)(function)
    _functions.append(found)
    return found  # type: ignore[no-any-return]  # a dispatcher is called like the function


@compiled
def _built_for() -> int:
    return DIGEST


def drop_stale_code() -> None:
    """numba keeps a function's machine code while its own file is unchanged; constants and callees may be newer."""
    if _built_for() != DIGEST:
        for function in _functions:
            function.recompile()
