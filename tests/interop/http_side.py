"""HTTP for the stand-ins: a server in a thread of its own, and one way to post. Every wait has an end."""

import http.client
import http.server
import json
import threading
import traceback
import urllib.parse


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        parts = urllib.parse.urlsplit(target)
        self.path, self.encoded = parts.path, parts.query
        self.query = dict(urllib.parse.parse_qsl(parts.query))


class Server:
    """Asks `answer(request)` for a status and a JSON body; `None` is an answer without one."""

    def __init__(self, answer):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(answer))
        self.http.daemon_threads = True
        self.host = "127.0.0.1:%d" % self.http.server_address[1]
        self.url = f"http://{self.host}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def handler(answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def respond(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, answered = answer(Request(self.command, self.path, headers, body))
            except Exception:
                traceback.print_exc()
                status, answered = 500, {"ok": False, "error": "internal_error"}
            data = b"" if answered is None else json.dumps(answered).encode()
            self.send_response(status)
            if data:
                self.send_header("content-type", "application/json; charset=utf-8")
            if status != 204:
                self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = respond

        def handle(self):
            try:
                super().handle()
            except OSError:
                pass  # the bot was killed

        def log_message(self, *_):
            pass

    return Handler


def post(address, path, body, headers):
    """Posts to the bot; answers the status and the body."""
    connection = http.client.HTTPConnection(address, timeout=8)
    try:
        connection.request("POST", path, body if isinstance(body, bytes) else body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
