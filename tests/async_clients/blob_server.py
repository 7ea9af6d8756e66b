"""A small server that keeps blobs as Azure Storage does: what the tests ask of it, in the words of its API.

https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-rest-api
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from servers import http_server

_AT = "Fri, 01 Jan 2027 00:00:00 GMT"
_BLOBS = (
    '<?xml version="1.0"?><EnumerationResults ContainerName="c"><Blobs>{}</Blobs>'
    "<NextMarker>{}</NextMarker></EnumerationResults>"
)
_BLOB = (
    "<Blob><Name>{}</Name><Properties><Content-Length>{}</Content-Length><BlobType>BlockBlob</BlobType>"
    "</Properties></Blob>"
)
_TAGS = '<?xml version="1.0"?><Tags><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tags>'
_PAGE = 2
"""Names that one page of a listing has."""


@contextmanager
def blob_server() -> Iterator[str]:
    """A connection string of its only account."""
    kept: dict[str, dict[str, bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            url = urlsplit(self.path)
            asked = {key: value[0] for key, value in parse_qs(url.query).items()}
            _, container, name = ([unquote(part) for part in url.path.strip("/").split("/", 2)] + ["", ""])[
                :3
            ]
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            comp = asked.get("comp", "")
            if comp == "list":
                self._listed(container, asked)
            elif comp == "properties" and "restype" in asked:
                self._send(200, b"<StorageServiceProperties/>" if asked["restype"] == "service" else b"")
            elif not name:
                self._of_container(container)
            elif container not in kept:
                self._fail(404, "ContainerNotFound")
            elif self.command == "PUT" and not comp:
                self._put(kept[container], name, body)
            elif name not in kept[container]:
                self._fail(404, "BlobNotFound")
            elif self.command == "PUT":
                self._send(204 if comp == "tags" else 200, b"")
            elif self.command == "DELETE":
                del kept[container][name]
                self._send(202, b"")
            elif comp == "tags":
                self._send(200, _TAGS.encode())
            else:
                self._read(kept[container][name])

        def _of_container(self, container: str) -> None:
            is_there = container in kept
            if self.command == "PUT" and not is_there:
                kept[container] = {}
                self._send(201, b"")
            elif self.command == "PUT" and "comp" not in self.path:
                self._fail(409, "ContainerAlreadyExists")
            elif not is_there:
                self._fail(404, "ContainerNotFound")
            elif self.command == "DELETE":
                del kept[container]
                self._send(202, b"")
            else:
                self._send(200, b"")

        def _put(self, blobs: dict[str, bytes], name: str, body: bytes) -> None:
            source = self.headers.get("x-ms-copy-source")
            if self.headers.get("if-none-match") == "*" and name in blobs:
                self._fail(409, "BlobAlreadyExists")
                return
            blobs[name] = body if source is None else blobs[source.rpartition("/")[2]]
            copied = {"x-ms-copy-id": "1", "x-ms-copy-status": "success"} if source else {}
            self._send(202 if source else 201, b"", copied)

        def _read(self, data: bytes) -> None:
            told = {"x-ms-blob-type": "BlockBlob", "Accept-Ranges": "bytes", "x-ms-meta-a": "1"}
            wanted = self.headers.get("x-ms-range")
            if wanted is None or self.command == "HEAD":
                self._send(200, data, told)
                return
            first, last = (int(part) for part in wanted.removeprefix("bytes=").split("-"))
            if first >= len(data):
                self._fail(416, "InvalidRange")
                return
            part = data[first : last + 1]
            told["Content-Range"] = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
            self._send(206, part, told)

        def _listed(self, container: str, asked: dict[str, str]) -> None:
            if not container:
                names = "".join(f"<Container><Name>{each}</Name></Container>" for each in sorted(kept))
                text = f'<?xml version="1.0"?><EnumerationResults><Containers>{names}</Containers>'
                self._send(200, f"{text}<NextMarker/></EnumerationResults>".encode())
                return
            if container not in kept:
                self._fail(404, "ContainerNotFound")
                return
            names = sorted(n for n in kept[container] if n.startswith(asked.get("prefix", "")))
            first = int(asked.get("marker", "0"))
            shown = "".join(_BLOB.format(n, len(kept[container][n])) for n in names[first : first + _PAGE])
            after = str(first + _PAGE) if len(names) > first + _PAGE else ""
            self._send(200, _BLOBS.format(shown, after).encode())

        def _fail(self, status: int, code: str) -> None:
            text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code} it is</Message></Error>'
            self._send(status, text.encode(), {"x-ms-error-code": code})

        def _send(self, status: int, data: bytes, more: dict[str, Any] | None = None) -> None:
            self.send_response(status)
            told = {"Content-Type": "application/xml", "Content-Length": len(data), "ETag": '"1"'}
            told |= {"Last-Modified": _AT, "x-ms-version": "2021-12-02", "x-ms-sku-name": "Standard_LRS"}
            for name, value in (told | (more or {})).items():
                self.send_header(name, str(value))
            self.end_headers()
            if self.command != "HEAD" and status != 204:
                self.wfile.write(data)

        do_GET = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    with http_server(Handler) as url:
        yield f"AccountName=a;AccountKey=a2V5;BlobEndpoint={url}/a"
