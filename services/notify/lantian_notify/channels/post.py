"""One POST to a checked address: what all channels over HTTP share."""

import asyncio
import hashlib
import json
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import BaseModel, Field, field_validator

from lantian_kit.clock import Clock
from lantian_notify.address import AddressRefused, Gate, Resolver, Target, parse_allowed
from lantian_notify.channels.base import Answer, GiveUp, Message, Reply, Retry
from lantian_notify.deliveries.schedule import retry_after_seconds
from lantian_notify.sign import SecretError, Secrets

DIGEST_OF_BYTES = 256
ANSWER_AT_MOST_BYTES = 4096
READ_AT_MOST_SECONDS = 2.0
THROTTLING = frozenset({429, 502, 504})
RESOLVER_THREADS = 16


class PostFields(BaseModel):
    """Settings every channel over HTTP has, each under its own prefix."""

    secrets_dir: Path | None = Field(default=None, description="Folder of the channel's secrets, one file each")
    allow_cidrs: str = Field(
        default="", description="Networks, comma separated, where http, any port and private addresses are allowed"
    )
    timeout_seconds: float = Field(default=15.0, description="Longest attempt, name to answer, wall seconds", gt=0)
    ca_file: Path | None = Field(default=None, description="Certificates trusted besides the system's, PEM")

    @field_validator("allow_cidrs")
    @classmethod
    def _networks(cls, text: str) -> str:
        parse_allowed(text)
        return text


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out: made anew at every attempt, because signatures carry the time."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; `body` is its first 4,096 bytes, for the channel to judge and never to keep."""

    reply: Reply
    body: bytes
    after_seconds: float | None


Judge = Callable[[Response], Answer]


class PostChannel(ABC):
    """A channel whose every attempt is one request, made by `_prepare` and judged by `judge`."""

    def __init__(self, post: "Post", judge: "Judge") -> None:
        self._post = post
        self._judge_of = judge

    async def send(self, message: Message) -> Answer:
        """One attempt."""
        return await self._post.send(message, self._prepare, self._judge_of)

    async def close(self) -> None:  # noqa: B027  # nothing to override: every attempt has its own connection
        """Every attempt has its own connection: nothing is held."""

    @abstractmethod
    def _prepare(self, message: Message) -> "Request":
        """The request of a message. Raises SecretError, AddressRefused."""


class Post:
    """Sends requests; the address is checked at every attempt, and the connection goes to exactly what was checked."""

    def __init__(
        self, gate: Gate, secrets: Secrets, clock: Clock, *, timeout_seconds: float, trust: ssl.SSLContext
    ) -> None:
        self.gate = gate
        self.secrets = secrets
        self.clock = clock
        self.timeout_seconds = timeout_seconds
        self.trust = trust
        self._agent = f"lantian-notify/{version('lantian-notify')}"

    async def send(self, message: Message, prepare: Callable[[Message], Request], judge: Judge) -> Answer:
        """One attempt within its total time-out. `prepare` may raise SecretError or AddressRefused."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                request = prepare(message)
                target = await self.gate.target(request.url, message.attempt)
                return judge(await self._post(target, request))
        except AddressRefused as refused:
            kind = GiveUp if refused.lasting else Retry
            return kind("refused-address", refused.reason)
        except SecretError as error:
            return Retry("no-secret", str(error))
        except TimeoutError:
            return Retry("time-out", f"no answer within {self.timeout_seconds:g} s")
        except socket.gaierror as error:
            return Retry("no-name", str(error.strerror))
        except (ssl.SSLError, aiohttp.ClientSSLError) as error:
            return Retry("tls", type(error).__name__)
        except aiohttp.ClientConnectorError as error:
            return Retry("no-connection", str(error.os_error.strerror or type(error.os_error).__name__))
        except (aiohttp.ClientError, OSError) as error:
            return Retry("broken-off", type(error).__name__)

    async def _post(self, target: Target, request: Request) -> Response:
        connector = aiohttp.TCPConnector(
            resolver=_Pinned(target), use_dns_cache=False, force_close=True, limit=1, ssl=self.trust
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None),  # the whole attempt has one already
            ) as session,
            session.post(
                target.url,
                data=request.body,
                allow_redirects=False,
                headers={**request.headers, "accept-encoding": "identity", "user-agent": self._agent},
            ) as response,
        ):
            body = await _beginning(response)
            digest = hashlib.sha256(body[:DIGEST_OF_BYTES]).hexdigest()
            wish = response.headers.get("retry-after")
            return Response(
                Reply(response.status, digest, str(target.ip)), body, retry_after_seconds(wish, self.clock.wall_ms())
            )


def unless_2xx(response: Response) -> Answer | None:
    """What a status outside 2xx means: 410 ends it; 429, 502 and 504 slow down; None for success."""
    reply = response.reply
    status = reply.status or 0
    detail = f"status {status}"
    if 200 <= status < 300:
        return None
    if status == 410:
        return GiveUp("gone", detail, reply, disables=True)
    if status in THROTTLING:
        return Retry("throttled", detail, reply, response.after_seconds, throttle=True)
    if 300 <= status < 400:
        return Retry("redirect", detail, reply, response.after_seconds)
    return Retry("status", detail, reply, response.after_seconds, throttle=response.after_seconds is not None)


def code_of(response: Response, *names: str) -> int | str | None:
    """The first of these members of a JSON answer; None when it has none or is no JSON object."""
    try:
        found: Any = json.loads(response.body)
    except ValueError:  # UnicodeDecodeError is one
        return None
    if not isinstance(found, dict):
        return None
    values = [found[name] for name in names if isinstance(found.get(name), int | str)]
    return values[0] if values else None


def as_json(value: object) -> bytes:
    """JSON in UTF-8, the same bytes for the same value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of an answer; a torn or slow one is judged by what came."""
    data = b""
    try:
        async with asyncio.timeout(READ_AT_MOST_SECONDS):
            while len(data) < ANSWER_AT_MOST_BYTES:
                part = await response.content.read(ANSWER_AT_MOST_BYTES - len(data))
                if not part:
                    break
                data += part
    except (TimeoutError, aiohttp.ClientError, OSError):
        return data
    return data


class _Pinned(AbstractResolver):
    """Answers with the one checked address, so that nothing between check and connection can move it."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        ip = self._target.ip
        return [
            ResolveResult(
                hostname=host,
                host=str(ip),
                port=port,
                family=socket.AF_INET if ip.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Holds nothing."""


def system_resolver() -> Resolver:
    """The system's resolver on threads of its own: a name that hangs holds up no other part of the process."""
    threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolve")

    def ask(host: str) -> list[str]:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(row[4][0]) for row in rows))

    async def resolve(host: str) -> Sequence[str]:
        return await asyncio.get_running_loop().run_in_executor(threads, ask, host)

    return resolve


@cache
def trusted(ca_file: Path | None) -> ssl.SSLContext:
    """The system's certificates, and those of a file besides. Raises OSError when it can not be read.

    Read once for all channels that trust the same: it takes a while.
    """
    trust = ssl.create_default_context()
    if ca_file is not None:
        trust.load_verify_locations(cafile=ca_file)
    return trust


def post_of(settings: PostFields, clock: Clock) -> Post:
    """From a channel's settings."""
    return Post(
        Gate(system_resolver(), parse_allowed(settings.allow_cidrs)),
        Secrets(settings.secrets_dir),
        clock,
        timeout_seconds=settings.timeout_seconds,
        trust=trusted(settings.ca_file),
    )
