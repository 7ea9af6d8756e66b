"""The shared clients: one with the defaults of requests, and one for each set of options of its own.

requests.get(url, verify=False)     ->      await http_client_no_verify().get(url)
"""

from __future__ import annotations

import ast

import msgspec

from ....model import HttpClient
from ...twin import NoTwinError
from .client_module import CONTEXT

CLIENT = "http_client"
OPTIONS = frozenset({"verify", "cert", "proxies"})

_LIMITS = "        limits={library}.Limits(max_connections=None, max_keepalive_connections=20),\n"
_VERIFY = f"        verify={CONTEXT},\n"
_NO_COOKIES = (
    "        # users must not share cookies\n"
    "        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),\n"
)


class Options(msgspec.Struct, frozen=True):
    """What sets a client apart from the common one."""

    name: str = CLIENT
    before: str = ""
    """Statements above the `return`."""
    arguments: str = ""


def options_of(given: dict[str, ast.expr]) -> Options:
    """The options among the arguments of a call. Raises `NoTwinError` where they are not written out."""
    name, before, arguments = CLIENT, "", ""
    context = _context(given.get("verify"), given.get("cert"))
    verify = given.get("verify")
    if isinstance(verify, ast.Constant) and verify.value is False:
        name += "_no_verify"
        if "cert" in given:
            raise NoTwinError("cert= together with verify=False")
        arguments += "        verify=False,\n"
    elif context:
        name += "_with_cert" if "cert" in given else "_with_ca"
        before = context
        arguments += "        verify=context,\n"
    if "proxies" in given and not _is_none(given["proxies"]):
        name += "_via_proxy"
        arguments += f"        proxy={_proxy(given['proxies'])!r},\n".replace("'", '"')
    return Options(name, before, arguments)


def client(library: str, options: Options, *, timeout_given: bool) -> HttpClient:
    """A client with the defaults of requests, so that the sites stay as short as they were."""
    timeout = "" if timeout_given else "        timeout=None,\n"
    verify = "" if "verify=" in options.arguments else _VERIFY
    return HttpClient(
        options.name,
        library,
        f"{options.before}"
        f"    return {library}.AsyncClient(\n"
        f"{verify}{options.arguments}"
        "        follow_redirects=True,\n"
        f"{timeout}{_LIMITS.format(library=library)}{_NO_COOKIES}"
        "    )\n",
    )


def plain_client(library: str) -> HttpClient:
    """A client with the defaults of `httpx.get`: no redirects, five seconds."""
    limits = _LIMITS.format(library=library)
    return HttpClient(
        "plain_http_client",
        library,
        f"    return {library}.AsyncClient(\n{_VERIFY}{limits}{_NO_COOKIES}    )\n",
    )


def _context(verify: ast.expr | None, cert: ast.expr | None) -> str:
    """The lines that make the TLS context; paths must be written out, since the client is made once."""
    lines = ""
    if verify is not None and not (isinstance(verify, ast.Constant) and isinstance(verify.value, bool)):
        lines += f"    context = ssl.create_default_context(cafile={_path(verify, 'verify')})\n"
    if cert is not None and not _is_none(cert):
        lines = lines or "    context = ssl.create_default_context()\n"
        parts = cert.elts if isinstance(cert, ast.Tuple) else [cert]
        lines += f"    context.load_cert_chain({', '.join(_path(part, 'cert') for part in parts)})\n"
    return lines


def _path(node: ast.expr, name: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return '"' + node.value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise NoTwinError(f"{name}= is not written out")


def _proxy(node: ast.expr) -> str:
    if isinstance(node, ast.Dict) and len(node.values) == 2:
        names = {key.value for key in node.keys if isinstance(key, ast.Constant)}
        values = {value.value for value in node.values if isinstance(value, ast.Constant)}
        proxy = values.pop() if len(values) == 1 else None
        if names == {"http", "https"} and isinstance(proxy, str):
            return proxy
    raise NoTwinError("proxies= is not one proxy that is written out")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
