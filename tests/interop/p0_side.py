"""Another P0 than the sandbox's: the permission-request API as its OpenAPI document states it, and the notifier."""

import http.client
import json
import re
import threading
import time
import urllib.parse

import http_side
import rsa

PATH = re.compile(r"^/o/(?P<org>[^/]+)/permission-requests/(?P<id>[^/]+)/(?P<verb>approve|deny|revoke)$")
LENGTH = re.compile(r"^[1-9][0-9]*[mh]$")
KEY = rsa.Key()


class P0:
    """Keeps who called what. Answers 200, or what `answered` says, or nothing until `answering` is set."""

    ORG, ISSUER, AUDIENCE = "acme", "https://p0.example.com/notifier", "p0-chatops-interop"
    SECRETS = ()

    def __init__(self):
        self.calls = []
        self.violations = []
        self.called = threading.Event()
        self.answering = threading.Event()
        self.answering.set()
        self.answered = 200, {}
        self.server = http_side.Server(self.answer)
        self.url = self.server.url

    def close(self):
        self.answering.set()
        self.server.close()

    def answer(self, request):
        path = PATH.match(request.path)
        if request.method != "POST" or not path:
            self.violations.append(f"no such operation: {request.method} {request.path}")
            return 404, {"error": "Not found"}
        body, verb = self.read(request), path["verb"]
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if path["org"] != self.ORG:
            self.violations.append(f"another organisation: {path['org']}")
        if scheme != "Bearer" or not bearer:
            self.violations.append(f"{verb} without a bearer")
            return 401, {"error": "Unauthorized"}
        length = body.get("expirationLength")
        if verb == "approve" and not (isinstance(length, str) and LENGTH.match(length)):
            self.violations.append(f"approve with {body}")
        if verb != "approve" and body:
            self.violations.append(f"{verb} with {body}")
        self.calls.append(
            {
                "verb": verb,
                "id": urllib.parse.unquote(path["id"]),
                "bearer": bearer,
                "body": body,
                "agent": request.headers.get("user-agent", ""),
            }
        )
        self.called.set()
        self.answering.wait(30)
        return self.answered

    def read(self, request):
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            self.violations.append("a body that is not application/json")
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self.violations.append(f"a body that is no object: {request.body[:80]!r}")
            return {}
        return body

    def told(self):
        """The calls, without their user agent."""
        return [(call["verb"], call["id"], call["body"], call["bearer"]) for call in self.calls]

    def push(self, bot, event_type="access-request-created", **data):
        """Tells the bot of a request, as a Custom Notifier does."""
        now = int(time.time())
        token = KEY.token({"iss": self.ISSUER, "aud": self.AUDIENCE, "sub": "notifier", "iat": now, "exp": now + 300})
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        body = json.dumps({"eventType": event_type, "data": data}, ensure_ascii=False)
        return http_side.post(bot.address, "/p0/notifications", body, headers)[0]


def request(request_id, **more):
    """What P0 says of a usual request."""
    now = int(time.time() * 1000)
    return {
        "requestId": request_id,
        "type": "aws",
        "access": "role",
        "status": "PENDING_APPROVAL",
        "requestor": "bob@example.com",
        "principal": "bob@example.com",
        "reason": "Look at a bill",
        "duration": "2h",
        "requestedTimestamp": now,
        "lastUpdatedTimestamp": now,
        "permission": {"type": "role", "role": "ReadOnly", "accountId": "111122223333"},
    } | more
