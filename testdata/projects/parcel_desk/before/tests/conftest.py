import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES = {
    "/events/p1/1": {"events": [{"at": "port", "km": 3}], "next": 2},
    "/events/p1/2": {"events": [{"at": "desk", "km": 4}], "next": None},
    "/watches": {"id": 7},
    "/watches/7": {"state": "here"},
    "/traces": {"id": 1},
    "/leases/p1": {"granted": True},
}


class Carrier(BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps(PAGES.get(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["PARCELS_CARRIER_URL"] = f"http://127.0.0.1:{server.server_port}"
