"""PagerDuty's REST API, as far as it says who is on call, made from an OpenAPI document: openapi-core judges every call and
every answer by it.

`python pagerduty_server.py SETTINGS` (JSON) prints one line, `{"base_url": …, "control": …}`, and serves until its standard
input ends. Settings: `document`, the path of the OpenAPI document; `key`, the API key; `upstream`, another PagerDuty that is
judged too and answers instead (null: this one answers with the document's own examples, on call for as long as is asked).
Under `control`, for tests:

  GET  /log  [{call, status, faults}], the oldest first, without the key
"""

import http.client
import json
import sys
import urllib.parse

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.datastructures import ImmutableMultiDict

import http_side
from settings_server import told

PATHS = ["/oncalls", "/escalation_policies/{id}", "/schedules/{id}"]


def needed(document):
    """The document without what none of these calls needs: it is large."""
    kept = {"paths": {path: {"get": document["paths"][path]["get"]} for path in PATHS}, "components": {}}
    todo = [kept["paths"], document.get("security"), document["components"]["securitySchemes"]]
    while todo:
        match todo.pop():
            case {"$ref": str(ref)}:
                _, _, kind, name = ref.split("/")[:4]
                if name not in kept["components"].setdefault(kind, {}):
                    kept["components"][kind][name] = document["components"][kind][name]
                    todo.append(kept["components"][kind][name])
            case dict(each):
                todo.extend(each.values())
            case list(each):
                todo.extend(each)
    kept["components"]["securitySchemes"] = document["components"]["securitySchemes"]
    return {name: document[name] for name in ("openapi", "info", "servers", "security")} | kept


class OnCall:
    """Answers calls, and keeps what the document has against them."""

    def __init__(self, document, key, upstream=None):
        with open(document) as file:
            self.document = needed(json.load(file))
        self.openapi = OpenAPI.from_dict(self.document)
        self.key, self.upstream, self.log = key, upstream, []

    def answer(self, request):
        if request.path == "/control/log":
            return 200, self.log
        pairs = urllib.parse.parse_qsl(request.encoded)
        seen = MockRequest(
            self.document["servers"][0]["url"],
            request.method,
            request.path,
            args=ImmutableMultiDict(pairs),
            headers=request.headers,
            content_type=request.headers.get("content-type", ""),
        )
        faults = told(lambda: self.openapi.validate_request(seen)) + self.unknown(request, pairs)
        if request.headers.get("authorization") != f"Token token={self.key}":
            faults.append("another key")
        status, body = self.ask(request) if self.upstream else self.examples(request, pairs, faults)
        faults += self.wrong(seen, status, body)
        self.log.append({"call": f"{request.method} {request.path}", "status": status, "faults": faults})
        return status, body

    def unknown(self, request, pairs):
        """Parameters that the document does not have: a validator lets them pass."""
        path = next((path for path in PATHS if path.split("/")[1] == request.path.split("/")[1]), None)
        listed = self.document["paths"][path]["get"]["parameters"] if path else []
        known = [self.document["components"]["parameters"][each["$ref"].split("/")[-1]]["name"] for each in listed]
        return [f"an unknown parameter: {name}" for name, _ in pairs if name not in known]

    def wrong(self, seen, status, body):
        """What is wrong with an answer. Users who are included are whole, where the document only knows references."""
        body, faults = json.loads(json.dumps(body)), []
        for entry in body.get("oncalls", []) if status == 200 else []:
            user = entry.get("user", {})
            if user.get("type") == "user":
                faults += [f"a user without {name}" for name in ("name", "email") if not user.get(name)]
                entry["user"] = {"id": user["id"], "type": "user_reference"}
            # "If null": the document says so in words alone.
            for name in ("start", "end", "schedule"):
                if entry.get(name) is None:
                    entry.pop(name, None)
        data = json.dumps(body).encode()
        return faults + told(lambda: self.openapi.validate_response(seen, MockResponse(data, status)))

    def examples(self, request, pairs, faults):
        if faults:
            return 400, {"error": {"message": "Invalid Input Provided", "code": 2001, "errors": faults}}
        operation = next(self.document["paths"][path]["get"] for path in PATHS if path.split("/")[1] == request.path.split("/")[1])
        content = operation["responses"]["200"]["content"]["application/json"]
        example = json.loads(json.dumps(content["examples"]["response"]["value"]))
        # This part of the document's example is not as the document itself says.
        example.get("schedule", {}).pop("next_oncall_for_user", None)
        asked = dict(pairs)
        for entry in example.get("oncalls", []):
            entry["start"], entry["end"] = asked["since"], asked["until"]
            if ("include[]", "users") in pairs:
                entry["user"] |= {"type": "user", "name": entry["user"]["summary"], "email": "tim@example.com"}
        return 200, example

    def ask(self, request):
        """What the other one answers to the same call."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.upstream).netloc, timeout=8)
        try:
            passed = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
            connection.request("GET", f"{request.path}?{request.encoded}", None, passed)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


if __name__ == "__main__":
    url = http_side.Server(OnCall(**json.loads(sys.argv[1])).answer).url
    print(json.dumps({"base_url": url, "control": f"{url}/control"}), flush=True)
    sys.stdin.read()
