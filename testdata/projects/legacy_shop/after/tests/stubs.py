"""Stand-ins for the systems around the shop. Nothing leaves this machine."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller


class HttpStub:
    """Answers by method and path; remembers what it was asked."""

    def __init__(self):
        self.answers = {}
        self.calls = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                stub.calls.append((self.command, path, query, body.decode()))
                replies = stub.answers.get((self.command, path), [(404, None)])
                # several replies: one after the other, then the last one for ever
                status, payload = replies.pop(0) if len(replies) > 1 else replies[0]
                data = json.dumps(payload).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def reply(self, method, path, *replies):
        self.answers[method, path] = list(replies)

    def bodies(self, path):
        return [json.loads(body) for _, p, _, body in self.calls if p == path]

    def reset(self):
        self.answers.clear()
        self.calls.clear()


class MailSink:
    """Collects mails; refuses everybody at bounce.example."""

    def __init__(self):
        self.mails = []
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.endswith("@bounce.example"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode()
        subject = next(
            line.removeprefix("Subject: ")
            for line in text.splitlines()
            if line.startswith("Subject: ")
        )
        self.mails.append((envelope.rcpt_tos[0], subject))
        return "250 OK"
