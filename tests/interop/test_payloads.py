"""Whatever Slack may send, correctly signed, is answered: 200 where it is well formed, and never with a 5xx.

The payloads in `payloads/` are our own words for every kind that the tests of Slack's SDKs know. The recorded ones are
posted too where P0CHATOPS_TEST_SDK_SOURCES names folders with those SDKs' sources, separated by colons: their packages
carry no tests.
"""

import ast
import copy
import itertools
import json
import os
import pathlib
import signal
import unittest
import urllib.parse

import slack_side
from case import Case

HERE = pathlib.Path(__file__).parent
DOORS = itertools.cycle(["/slack/interactivity", "/slack/commands", "/slack/events"])
OURS = {"T": slack_side.TEAM, "E": slack_side.ENTERPRISE, "U": slack_side.ALICE, "W": slack_side.ALICE}
ID_FIELDS = {"id", "team", "team_id", "user", "user_id", "user_team", "enterprise_id"}


class Payloads(Case):
    errors_are_fine = True  # Answers to channels that Slack does not have.

    def setUp(self):
        super().setUp()
        self.card = self.push("req-payload")

    def post(self, name, body, content_type=slack_side.FORM, headers=None):
        status, _ = self.slack.deliver(self.bot, next(DOORS), body, content_type, headers)
        if status != 200:
            self.fail(f"{status} for {name}: {body[:400]}")

    def interaction(self, name, payload):
        self.post(name, "payload=" + urllib.parse.quote_plus(json.dumps(payload)))

    def event(self, name, payload, headers=None):
        self.post(name, json.dumps(payload), "application/json", headers)

    def is_well(self):
        """Nothing of it all reached P0, and the next click is taken as ever."""
        self.assertEqual(self.p0.calls, [])
        self.accepted(self.slack.interact(self.bot, self.slack.click(self.card, "approve")))
        self.reads(self.card, "*Approved* by <@U01ALICE>")
        self.assertNotIn("panicked", self.bot.log())

    def test_interactions(self):
        more = self.slack.control(self.card, "more")[1]["value"]
        for name, payload in corpus("interactions"):
            for variant, changed in variants(payload):
                self.interaction(f"{name}, {variant}", changed)
            for action in ("more", "deny", "show:1", "link", "pick"):
                self.interaction(f"{name}, with our {action}", with_control(ours(payload), action, more))
            self.event(f"{name}, as a body", payload)
        self.is_well()

    def test_events(self):
        for nth, (name, event) in enumerate(corpus("events")):
            for (way, envelope), (variant, changed) in itertools.product(envelopes(nth).items(), variants(event)):
                self.event(f"{name}, {way}, {variant}", envelope | {"event": changed})
        retried = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
        for name, event in corpus("events"):
            self.event(f"{name}, once more", envelopes(0)["usual"] | {"event": event}, retried)
        limited = {"type": "app_rate_limited", "token": "t", "team_id": "T0OTHER", "minute_rate_limited": 1700000000}
        for payload in [limited, {"type": "event_callback"}, {"type": "event_callback", "event": None}, {"type": 7}, {}]:
            self.event("no event", payload)
        self.is_well()

    def test_commands(self):
        for name, fields in corpus("commands"):
            self.post(name, urllib.parse.urlencode(fields))
            self.post(f"{name}, as ours", urllib.parse.urlencode(ours(fields)))
            self.post(f"{name}, as a check of the certificate", urllib.parse.urlencode(fields | {"ssl_check": "1"}))
        status, body = self.slack.deliver(
            self.bot, "/slack/events", '{"token":"t","challenge":"c<>&","type":"url_verification"}', "application/json"
        )
        self.assertEqual((status, json.loads(body)), (200, {"challenge": "c<>&"}))
        self.is_well()

    def test_what_cannot_be_read_is_the_senders_fault(self):
        bodies = ["", "{", "[]", "[1]", "null", "1", "payload", "payload=", "payload=%7B", "payload=[]", "payload=null"]
        bodies += ["payload=%FF", "a=%C3%28", "{\"type\":", "=&=&=", "&&&", "\x00", "x" * 70_000, "{" * 5000, "a=1&" * 999]
        bodies += ['{"type":"event_callback","event":' + "[" * 5000 + "]" * 5000 + "}", "command=%2Fp0&command=%2Fp0"]
        for body in bodies:
            for door in ["/slack/interactivity", "/slack/commands", "/slack/events"]:
                status, _ = self.slack.deliver(self.bot, door, body, "text/plain")
                self.assertIn(status, (200, 400), body[:80])
        self.is_well()

    def test_recorded_payloads(self):
        folders = os.environ.get("P0CHATOPS_TEST_SDK_SOURCES", "")
        if not folders:
            self.skipTest("P0CHATOPS_TEST_SDK_SOURCES names no sources of Slack's SDKs")
        signal.alarm(600)
        posted = 0
        for folder in folders.split(":"):
            for path, payload in recorded(pathlib.Path(folder)):
                for variant, changed in variants(payload):
                    self.interaction(f"{path}, {variant}", changed)
                    self.event(f"{path}, {variant}", changed)
                    self.event(f"{path}, {variant}, in an envelope", envelopes(posted)["usual"] | {"event": changed})
                    self.post(f"{path}, {variant}, as a form", form_of(changed))
                posted += 1
        print(f"{posted} recorded payloads were posted", flush=True)
        self.assertGreater(posted, 20)
        self.assertEqual(self.p0.calls, [])


def corpus(name):
    return json.loads((HERE / "payloads" / f"{name}.json").read_text()).items()


def variants(payload):
    """As it is; from one of us; from one of us through an organisation's install."""
    from_us = ours(payload)
    yield "as it is", payload
    yield "from us", from_us
    wide = {"team": None, "enterprise": {"id": slack_side.ENTERPRISE}, "is_enterprise_install": True}
    yield "from us, org-wide", from_us | wide


def ours(value, field=None):
    """The same, with our own workspace and person in it."""
    if isinstance(value, dict):
        return {name: ours(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [ours(inner, field) for inner in value]
    if field in ID_FIELDS and isinstance(value, str) and value[:1] in OURS and value[1:].isalnum():
        return OURS[value[0]]
    return value


def with_control(payload, action, value):
    changed = copy.deepcopy(payload)
    changed["actions"] = [{"type": "button", "block_id": "b", "action_id": action, "value": value, "action_ts": "1"}]
    return changed


def envelopes(nth):
    outside = {"token": "t", "team_id": "T0OTHER", "api_app_id": "A0OTHER", "type": "event_callback"}
    outside |= {"event_id": f"Ev{nth}", "event_time": 1700000000}
    org = {"enterprise_id": slack_side.ENTERPRISE, "team_id": None, "user_id": "U0BOT", "is_bot": True}
    org |= {"is_enterprise_install": True}
    usual = {"enterprise_id": None, "team_id": slack_side.TEAM, "user_id": "U0BOT", "is_bot": True}
    return {
        "usual": outside | {"authorizations": [usual], "is_ext_shared_channel": False, "event_context": "4-x"},
        "old": outside | {"event_id": f"Ev{nth}o", "authed_users": ["U0BOT"], "authed_teams": ["T0OTHER"]},
        "org-wide": outside | {"event_id": f"Ev{nth}w", "enterprise_id": slack_side.ENTERPRISE, "authorizations": [org]},
        "shared": outside | {"event_id": f"Ev{nth}s", "is_ext_shared_channel": True, "context_team_id": "T0ELSE"},
        "odd": outside | {"event_id": 7, "authorizations": {"0": None}, "team_id": ["T"], "event_time": "now"},
    }


def form_of(payload):
    flat = {name: value for name, value in payload.items() if isinstance(value, (str, int))}
    return urllib.parse.urlencode(flat or {"a": 1})


def recorded(folder):
    """Objects with a `type`, or a slash command's fields, in JSON files, Python literals and strings of any test."""
    seen = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size > 400_000:
            continue
        text = path.read_text(errors="replace")
        if path.suffix == ".json":
            found = [parsed(text)]
        elif path.suffix == ".py" and "test" in str(path):
            found = literals(text)
        else:
            continue
        for value in found:
            concerns = isinstance(value, dict) and not value.keys().isdisjoint({"type", "command", "event"})
            if concerns and (text := json.dumps(value, sort_keys=True)) not in seen:
                seen.add(text)
                yield path, value


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def literals(source):
    """Dictionaries that Python code spells out, and strings that hold JSON or a form with a payload."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Dict):
            try:
                yield json.loads(json.dumps(ast.literal_eval(node)))
                continue
            except (ValueError, TypeError):
                pass
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            form = dict(urllib.parse.parse_qsl(node.value))
            yield parsed(form.get("payload", node.value))
            if "command" in form:
                yield form
        nodes.extend(ast.iter_child_nodes(node))


if __name__ == "__main__":
    unittest.main()
