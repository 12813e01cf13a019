"""The links in messages: a page that asks, and a button that acknowledges.

GET changes nothing, however often it comes: mail filters and chat clients open every link they see. Only the POST of
the button acknowledges. The token is the whole authority: one call, one recipient, until a time.
"""

import html

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from lantian_kit.clock import Clock
from lantian_notify.calls.call import Call, CallStore, acknowledge
from lantian_notify.calls.links import LinkRefused, Links, Token, digest_of
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.once import NotifyRoute
from lantian_notify.wording.letter import LEVELS, local_time

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address is the authority
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}
_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title><style>
body{{font:18px/1.6 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem;color:#1b2733}}
h1{{font-size:1.3rem}}dt{{color:#5b6b7b}}dd{{margin:0 0 .6rem}}
button{{font:inherit;width:100%;padding:.8rem;border:0;border-radius:.5rem;background:#1558b0;color:#fff}}
</style></head><body><h1>{title}</h1>{body}</body></html>"""


def acknowledge_routes(calls: CallStore, links: Links, clock: Clock, metrics: NotifyMetrics) -> APIRouter:
    """No key is needed: the link is signed."""
    routes = APIRouter(tags=["links"], route_class=NotifyRoute)

    @routes.get("/a/{token}", operation_id="showCall", response_class=HTMLResponse)
    async def show(token: str) -> Response:
        """The page with the button."""
        found = await _find(token)
        return found if isinstance(found, Response) else page(found[0], token)

    @routes.post("/a/{token}", operation_id="acknowledgeByLink", response_class=HTMLResponse)
    async def confirm(token: str) -> Response:
        """Acknowledges; a second time shows the first."""
        found = await _find(token)
        if isinstance(found, Response):
            return found
        call, said = found
        who = next((one for one in call.told if digest_of(one) == said.recipient_digest), "link")
        fresh = call.state != "acknowledged"
        after = await acknowledge(calls, call.call_id, by=who, via="link", now_ms=clock.now_ms())
        if fresh:
            metrics.acknowledged.labels("link").inc()
        return page(after or call, token)

    async def _find(token: str) -> Response | tuple[Call, Token]:
        try:
            said = links.read(token, clock.now_ms())
        except LinkRefused as refused:
            if refused.expired:
                return answer(410, "链接已过期", "<p>请登录平台处理。</p>")
            return answer(404, "链接无效", "<p>请检查链接是否完整。</p>")
        call = await calls.get_call(said.call_id)
        # The same answer as for a wrong link: nobody learns which calls exist.
        return (call, said) if call is not None else answer(404, "链接无效", "<p>请检查链接是否完整。</p>")

    return routes


def page(call: Call, token: str) -> Response:
    """What the recipient sees: the facts and the button, or who has acknowledged already."""
    facts = call.facts
    rows = (
        ("企业", facts["enterprise_name"]),
        ("点位", facts["source_name"]),
        ("情况", facts["summary"] or facts["title"]),
        ("级别", LEVELS[min(int(facts["severity"]), 4)]),
        ("台账", facts["number"]),
        ("时间", local_time(facts["end_ms"] or facts["at_ms"])),
    )
    listed = "".join(f"<dt>{name}</dt><dd>{html.escape(str(value))}</dd>" for name, value in rows if value)
    if call.state == "acknowledged":
        when = local_time(call.acknowledged_ms)
        return answer(200, "已确认", f"<dl>{listed}</dl><p>已于 {when} 确认，后续催办已停止。</p>")
    form = f'<form method="post" action="{html.escape(token)}"><button type="submit">确认收到</button></form>'
    return answer(200, "请确认收到", f"<dl>{listed}</dl>{form}")


def answer(status: int, title: str, body: str) -> Response:
    """A page that nobody keeps, frames or looks up."""
    return HTMLResponse(_PAGE.format(title=html.escape(title), body=body), status_code=status, headers=HEADERS)
