"""P0's settings API, made from its published document: openapi-core judges every call and every answer by it.

`python settings_server.py SETTINGS` (JSON) prints one line, `{"base_url": …, "control": …}`, and serves until its standard
input ends. Settings: `document`, the path of the OpenAPI document; `key`, the API key; `upstream`, another settings API
that is judged too and answers instead (null: this one remembers what it is told). Under `control`, for tests:

  POST /say  {say, labels}: how much of what the document lets an answer leave out is said ("all", "ok", "nothing"), and
             whether lengths are named by the "largest" unit or as they were "sent"
  GET  /log  [{call, status, faults}], the oldest first, without the key
"""

import http.client
import json
import sys
import urllib.parse

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

import http_side

UNITS = {"w": ("week", 10080), "d": ("day", 1440), "h": ("hour", 60), "m": ("minute", 1)}


class Judge:
    """The document, asked of one call at a time."""

    def __init__(self, document):
        self.document, self.openapi = document, OpenAPI.from_dict(document)
        server = urllib.parse.urlsplit(document["servers"][0]["url"])
        self.host, self.server = f"{server.scheme}://{server.netloc}", server.path

    def call(self, request):
        """The call as the document sees it, and what is wrong with it."""
        seen = MockRequest(
            self.host,
            request.method,
            request.path,
            args=request.query,
            headers=request.headers,
            data=request.body,
            content_type=request.headers.get("content-type", ""),
        )
        return seen, told(lambda: self.openapi.validate_request(seen)) + self.more(request)

    def answer(self, seen, status, body):
        """What is wrong with an answer. Refusals have no form."""
        if status >= 300:
            return []
        data = b"" if body is None else json.dumps(body).encode()
        return told(lambda: self.openapi.validate_response(seen, MockResponse(data, status)))

    def more(self, request):
        """What a validator lets pass: things that the document does not have."""
        operation = self.operation(request)
        if operation is None:
            return []
        faults = [f"a query: {request.query}"] if request.query else []
        if "requestBody" not in operation:
            return faults + (["a body where there is none"] if request.body or "content-type" in request.headers else [])
        schema = self.resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        known = json.loads(request.body or b"{}")
        return faults + [f"an unknown field: {field}" for field in known if field not in schema["properties"]]

    def operation(self, request):
        depth = self.server.count("/")
        path = "/" + "/".join(request.path.split("/")[depth + 1 :])
        segments = path.split("/")
        templates = self.document["paths"]
        fits = lambda template: len(template.split("/")) == len(segments) and all(
            wanted == given or wanted.startswith("{") for wanted, given in zip(template.split("/"), segments)
        )
        found = min(filter(fits, templates), key=lambda template: "{" in template, default=None)
        return templates[found].get(request.method.lower()) if found else None

    def resolved(self, schema):
        for step in schema.get("$ref", "#").split("/")[1:]:
            schema = self.document[step] if "$ref" in schema else schema[step]
        return schema


def told(validate):
    try:
        validate()
        return []
    except OpenAPIError as error:
        return [f"{type(error).__name__}: {error}"]


class Settings:
    """What the organisation has set, changed as the document says."""

    def __init__(self):
        self.options, self.labels, self.say = [], "largest", "all"
        self.reset()

    def reset(self):
        self.options = [self.length(*each) for each in [(5, "m"), (1, "h"), (1.5, "h"), (24, "h"), (1, "w"), (30, "d")]]
        self.lengths = {"maxAccessDuration": self.length(30, "d"), "standingAccessDuration": self.length(2, "w")}

    def length(self, time, unit):
        minutes = time * UNITS[unit][1]
        shown = next(u for u in UNITS if minutes % UNITS[u][1] == 0) if self.labels == "largest" else unit
        amount, word = minutes / UNITS[shown][1], UNITS[shown][0]
        return {"time": time, "unit": unit, "value": f"{amount:g} {word}{'' if amount == 1 else 's'}"}

    def change(self, method, segments, body):
        match method, segments:
            case "POST", ["expiry-options"]:
                self.options.append(self.length(body["time"], body["unit"]))
                return 204, None
            case "POST", ["expiry-options", "_reset"]:
                self.reset()
                return 200, {"options": self.options} | (self.lengths if self.say == "all" else {})
            case "DELETE", ["expiry-options", key]:
                left = [option for option in self.options if option["value"] != key]
                if len(left) == len(self.options):
                    return 400, {"error": f"{key} is no expiry option"}
                self.options = left
                return 204, None
            case "PUT", [("max-access-duration" | "standing-access-duration") as path]:
                name = "maxAccessDuration" if path.startswith("max") else "standingAccessDuration"
                self.lengths[name] = self.length(body["time"], body["unit"])
                said = {"ok": True, name: self.lengths[name]}
                return 200, {"all": said, "ok": {"ok": True}, "nothing": {}}[self.say]


class SettingsApi:
    """Answers calls, and keeps what the document has against them."""

    def __init__(self, document, key, upstream=None):
        with open(document) as file:
            self.judge = Judge(json.load(file))
        self.key, self.upstream = key, upstream
        self.settings, self.log = Settings(), []

    def answer(self, request):
        match request.method, request.path:
            case "POST", "/control/say":
                said = json.loads(request.body)
                self.settings.say, self.settings.labels = said["say"], said["labels"]
                return 200, {}
            case "GET", "/control/log":
                return 200, self.log
        seen, faults = self.judge.call(request)
        status, body = self.ask(request) if self.upstream else self.decide(request, faults)
        faults = faults + self.judge.answer(seen, status, body)
        self.log.append({"call": f"{request.method} {request.path}", "status": status, "faults": faults})
        return status, body

    def decide(self, request, faults):
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return 401, {"error": "Unauthorized"}
        if any(fault.startswith(("PathNotFound", "OperationNotFound")) for fault in faults):
            return 404, {"error": "Not found"}
        if faults:
            return 400, {"error": "; ".join(faults)}
        segments = [urllib.parse.unquote(segment) for segment in request.path.split("/")[4:]]
        return self.settings.change(request.method, segments, json.loads(request.body or b"null"))

    def ask(self, request):
        """What the other one answers to the same call."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.upstream).netloc, timeout=8)
        try:
            passed = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
            connection.request(request.method, request.path, request.body or None, passed)
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if body else None
        finally:
            connection.close()


if __name__ == "__main__":
    url = http_side.Server(SettingsApi(**json.loads(sys.argv[1])).answer).url
    print(json.dumps({"base_url": url, "control": f"{url}/control"}), flush=True)
    sys.stdin.read()
