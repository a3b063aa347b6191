"""Who may use the page: the holder of the token, on this machine, from the page itself."""

import hmac
from collections.abc import Awaitable, Callable
from types import MappingProxyType

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.render.render import environment

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Nothing but what this server sends; no inline script or style; pictures only from here.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": PAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
        # Not no-referrer: with it browsers send no Origin with a form, and the check needs one.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)


class Guard:
    """A middleware: checks the host, the token, and where a POST comes from."""

    def __init__(self, token: str) -> None:
        if not token:
            raise ValueError("the page needs a token")
        self._token = token
        self._hosts: frozenset[str] = frozenset()
        self._cookie = ""

    def stand_at(self, host: str, port: int) -> None:
        """The page is known by these names only: a foreign name would be DNS rebinding."""
        self._hosts = frozenset(f"{one}:{port}" for one in ("127.0.0.1", "localhost", host))
        # Cookies know no ports; two demos on one machine must not take each other's.
        self._cookie = f"sandbox_{port}"

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def guarded(request: web.Request, handler: Route) -> web.StreamResponse:
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
            if request.method == "POST" and not await self._from_the_page(request):
                return _refused("origin", web.HTTPForbidden.status_code)
            response = await handler(request)
            if not response.prepared:
                self._mark(request, response)
            return response

        return guarded

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.host not in self._hosts:
            return _refused("host", web.HTTPMisdirectedRequest.status_code)
        given = request.cookies.get(self._cookie, "")
        if not (self._is_token(given) or self._is_token(request.query.get("t", ""))):
            return _refused("token", web.HTTPForbidden.status_code)
        return None

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    async def _from_the_page(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin")
        if origin is not None:
            return origin.removeprefix("http://") in self._hosts and origin.startswith("http://")
        form = await request.post()
        return self._is_token(str(form.get("t", "")))

    def _mark(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if self._is_token(request.query.get("t", "")):
            response.set_cookie(
                self._cookie, self._token, httponly=True, samesite="Strict", path="/"
            )


def _refused(why: str, status: int) -> web.Response:
    html = environment().get_template("refused.html.j2").render(why=why)
    headers = {"Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store"}
    return web.Response(text=html, status=status, content_type="text/html", headers=headers)
