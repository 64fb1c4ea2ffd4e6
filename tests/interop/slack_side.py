"""Another Slack than the sandbox's: a Web API that keeps messages, and deliveries signed by Slack's own SDK."""

import json
import secrets
import threading
import time
import urllib.parse

import block_kit
import http_side
from slack_sdk.signature import SignatureVerifier

TEAM, SECOND, ENTERPRISE = "T0INTEROP", "T0SECOND", "E0INTEROP"
APP, BOT_USER, BOT = "A0INTEROP", "U0BOT", "B0BOT"
CHANNEL = "C01ACCESS"
ALICE, BOB, CAROL = "U01ALICE", "W02BOB", "U03CAROL"
NAMES = {ALICE: "alice", BOB: "bob", CAROL: "carol"}
RESPONSE_PATH = "/actions/" + secrets.token_hex(12)
FORM = "application/x-www-form-urlencoded"


class Slack:
    SIGNING_SECRET = secrets.token_hex(16)
    BOT_TOKEN = "xoxb-" + secrets.token_hex(12)

    def __init__(self, org_wide=False):
        self.org_wide = org_wide
        self.guests = set()
        self.lock = threading.RLock()
        self.held = {}
        self.messages = {}
        self.unfurls = {}
        self.private = []
        self.views = []
        self.responses = []
        self.violations = []
        self.last_ts = 0
        self.server = http_side.Server(self.answer)
        self.url = self.server.url

    def close(self):
        self.server.close()

    # The Web API.

    def answer(self, request):
        answer = self.decide(request)
        if request.path in self.held:
            self.held[request.path].wait(5)
        return answer

    def hold(self, method):
        """What is asked of the method is done, and the bot does not hear of it before the event is set."""
        self.held[f"/api/{method}"] = threading.Event()
        return self.held[f"/api/{method}"]

    def decide(self, request):
        with self.lock:
            if request.path.startswith(RESPONSE_PATH):
                return self.answer_response_url(request)
            name = request.path.removeprefix("/api/")
            method = getattr(self, "api_" + name.replace(".", "_"), None)
            if method is None:
                return self.fault(f"no such method: {request.path}", "unknown_method")
            if request.headers.get("authorization") != f"Bearer {self.BOT_TOKEN}":
                return self.fault(f"{name} without the bot's token", "invalid_auth")
            reads = name in ("users.info", "users.lookupByEmail", "conversations.info")
            arguments = dict(request.query)
            if request.body:
                if reads or not request.headers.get("content-type", "").startswith("application/json"):
                    return self.fault(f"{name} takes no such body", "invalid_arguments")
                arguments |= json.loads(request.body)
            error, answer = method(arguments)
            return (200, {"ok": True} | answer) if error is None else (200, {"ok": False, "error": error})

    def fault(self, violation, code):
        self.violations.append(violation)
        return 200, {"ok": False, "error": code}

    def answer_response_url(self, request):
        body = json.loads(request.body)
        self.judge("response_url", block_kit.message_faults(body))
        if body.get("response_type", "ephemeral") != "ephemeral" or not isinstance(body.get("replace_original"), bool):
            self.violations.append(f"a private answer that is none: {sorted(body)}")
        self.responses.append(body)
        return 200, {"ok": True}

    def judge(self, where, faults):
        self.violations += [f"{where}: {fault}" for fault in faults]
        return not faults

    def api_auth_test(self, _):
        return None, {
            "url": "https://interop.slack.com/", "team": "Interop", "user": "p0", "team_id": TEAM, "user_id": BOT_USER,
            "bot_id": BOT, "is_enterprise_install": self.org_wide, "enterprise_id": ENTERPRISE if self.org_wide else None,
        }  # fmt: skip

    def api_users_info(self, arguments):
        name = NAMES.get(arguments.get("user"))
        return (None, {"user": self.user(arguments["user"], name)}) if name else ("user_not_found", {})

    def user(self, user_id, name):
        found = user(user_id, name) | {"is_restricted": user_id in self.guests}
        if self.org_wide:
            enterprise = {"id": user_id, "enterprise_id": ENTERPRISE, "enterprise_name": "Interop", "teams": [TEAM, SECOND]}
            found |= {"team_id": SECOND, "enterprise_user": enterprise}
        return found

    def api_users_lookupByEmail(self, arguments):
        for found, name in NAMES.items():
            if arguments.get("email") == f"{name}@example.com":
                return None, {"user": self.user(found, name)}
        return "users_not_found", {}

    def api_conversations_info(self, arguments):
        channel = arguments.get("channel")
        if channel != CHANNEL:
            return "channel_not_found", {}
        return None, {
            "channel": {
                "id": channel, "name": "access", "is_channel": True, "is_group": False, "is_im": False,
                "is_private": False, "is_shared": False, "is_ext_shared": False, "is_org_shared": False,
                "is_pending_ext_shared": False, "pending_shared": [], "is_member": True, "num_members": 4,
            }
        }  # fmt: skip

    def api_conversations_open(self, arguments):
        if arguments.get("users") not in NAMES:
            return "user_not_found", {}
        return None, {"no_op": True, "already_open": True, "channel": {"id": dm(arguments["users"])}}

    def api_chat_postMessage(self, arguments):
        if arguments.get("channel") not in {CHANNEL, *map(dm, NAMES)}:
            return "channel_not_found", {}
        if not self.judge("chat.postMessage", block_kit.message_faults(arguments)):
            return "invalid_blocks", {}
        root = self.messages.get((arguments["channel"], arguments.get("thread_ts")))
        if root and root.get("thread_ts", root["ts"]) != root["ts"]:
            self.violations.append("an answer to an answer, which begins no thread")
        now = time.time()
        self.last_ts = max(self.last_ts + 1, int(now * 1_000_000))
        ts = f"{self.last_ts // 1_000_000}.{self.last_ts % 1_000_000:06}"
        kept = self.keep(arguments["channel"], ts, arguments)
        return None, {"channel": arguments["channel"], "ts": ts, "message": kept}

    def api_chat_update(self, arguments):
        channel, ts = arguments.get("channel"), arguments.get("ts")
        if (channel, ts) not in self.messages:
            self.violations.append("chat.update of a message that is not there")
            return "message_not_found", {}
        if not self.judge("chat.update", block_kit.message_faults(arguments)):
            return "invalid_blocks", {}
        kept = self.keep(channel, ts, arguments)
        return None, {"channel": channel, "ts": ts, "text": kept["text"], "message": kept}

    def api_chat_unfurl(self, arguments):
        channel, ts, unfurls = arguments.get("channel"), arguments.get("ts"), arguments.get("unfurls")
        message = self.messages.get((channel, ts))
        if message is None:
            return "cannot_find_message", {}
        for url, unfurl in unfurls.items():
            if f"<{url}>" not in message["text"]:
                return "cannot_unfurl_message", {}
            if not self.judge("chat.unfurl", block_kit.unfurl_faults(unfurl)):
                return "invalid_blocks", {}
            self.unfurls[channel, ts, url] = unfurl["blocks"]
        return None, {}

    def keep(self, channel, ts, arguments):
        """Slack names blocks that have no name."""
        blocks = [{"block_id": secrets.token_hex(3)} | block for block in arguments.get("blocks", [])]
        kept = {
            "type": "message", "subtype": "bot_message", "user": BOT_USER, "bot_id": BOT, "app_id": APP, "team": TEAM,
            "ts": ts, "text": arguments["text"], "blocks": blocks,
        }  # fmt: skip
        thread = arguments.get("thread_ts") or self.messages.get((channel, ts), {}).get("thread_ts")
        if (channel, thread) in self.messages:
            kept["thread_ts"] = thread
        self.messages[channel, ts] = kept
        return kept

    def api_chat_postEphemeral(self, arguments):
        if not self.judge("chat.postEphemeral", block_kit.message_faults(arguments)):
            return "invalid_blocks", {}
        self.private.append(arguments)
        return None, {"message_ts": f"{time.time():.6f}"}

    def api_views_open(self, arguments):
        if not str(arguments.get("trigger_id", "")).endswith(".live"):
            return "invalid_trigger_id", {}
        if not self.judge("views.open", block_kit.view_faults(arguments["view"])):
            return "invalid_arguments", {}
        self.views.append(arguments["view"])
        return None, {"view": {"id": "V0INTEROP"} | arguments["view"]}

    def api_views_publish(self, arguments):
        if not self.judge("views.publish", block_kit.home_faults(arguments["view"])):
            return "invalid_arguments", {}
        return None, {"view": {"id": "V0HOME"} | arguments["view"]}

    # What a person sees.

    def cards(self, channel=CHANNEL):
        with self.lock:
            return [(where, ts) for where, ts in self.messages if where == channel]

    def reading(self, card):
        """All of a message's words."""
        with self.lock:
            message = self.messages[card]
            return message["text"] + "\n" + json.dumps(message["blocks"], ensure_ascii=False)

    def control(self, card, action_id):
        """A control of a message, with its block; nothing where there is none."""
        with self.lock:
            for block in self.messages[card]["blocks"]:
                for element in block.get("elements", []):
                    if element.get("action_id") == action_id:
                        return block, element
        return None

    # What a person does, as Slack tells it.

    def deliver(self, bot, door, body, content_type=FORM, headers=None):
        data = body.encode()
        stamp = str(int(time.time()))
        signature = SignatureVerifier(self.SIGNING_SECRET).generate_signature(timestamp=stamp, body=data)
        signed = {
            "content-type": content_type, "x-slack-signature": signature, "x-slack-request-timestamp": stamp,
            "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)", "accept": "application/json,*/*",
        }  # fmt: skip
        return http_side.post(bot.address, door, data, signed | (headers or {}))

    def interact(self, bot, payload, door="/slack/interactivity"):
        return self.deliver(bot, door, "payload=" + urllib.parse.quote(json.dumps(payload)))

    def click(self, card, action_id, who=ALICE, value=None):
        """A press as the fixtures of Slack's SDKs have it."""
        channel, ts = card
        block, element = self.control(card, action_id)
        now = f"{time.time():.6f}"
        action = {"action_id": action_id, "block_id": block["block_id"], "type": element["type"], "action_ts": now}
        if element["type"] == "static_select":
            action["selected_option"] = next(o for o in element["options"] if o["text"]["text"] == value)
            action["placeholder"] = element["placeholder"]
        else:
            action |= {"text": element["text"], "value": element["value"]}
        return self.outside(who) | {
            "type": "block_actions",
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
            "channel": {"id": channel, "name": "access"},
            "message": self.messages[card],
            "state": {"values": {}},
            "response_url": f"{self.url}{RESPONSE_PATH}/{secrets.token_hex(6)}",
            "actions": [action],
        }

    def submission(self, view, values, who=ALICE):
        """A submitted modal; `values` by block id and action id."""
        state = {block: {action: value for action, value in inputs.items()} for block, inputs in values.items()}
        shown = view | {
            "id": "V0INTEROP", "team_id": TEAM, "state": {"values": state}, "hash": "1650000000.interop",
            "clear_on_close": False, "notify_on_close": False, "previous_view_id": None, "root_view_id": "V0INTEROP",
            "app_id": APP, "external_id": "", "app_installed_team_id": TEAM, "bot_id": BOT,
        }  # fmt: skip
        return self.outside(who) | {"type": "view_submission", "view": shown, "response_urls": []}

    def click_private(self, private, action_id, who=ALICE):
        """A press in a message that only one person sees: its payload does not repeat the message."""
        for block in private["blocks"]:
            for element in block.get("elements", []):
                if element.get("action_id") == action_id:
                    now = f"{time.time():.6f}"
                    channel = private["channel"]
                    place = {"type": "message", "message_ts": now, "channel_id": channel, "is_ephemeral": True}
                    action = {"type": "button", "block_id": "b", "action_ts": now}
                    action |= {name: element[name] for name in ("action_id", "text", "value")}
                    outside = self.outside(who) | {"type": "block_actions", "container": place, "actions": [action]}
                    return outside | {"response_url": f"{self.url}{RESPONSE_PATH}/{secrets.token_hex(6)}"}
        raise AssertionError(f"no {action_id} in {private}")

    def mention(self, bot, text, who=ALICE):
        """Somebody writes to the bot in the channel."""
        now = f"{time.time():.6f}"
        event = {"type": "app_mention", "user": who, "text": f"<@{BOT_USER}> {text}", "ts": now, "event_ts": now}
        payload = {
            "token": "verification_token", "team_id": TEAM, "api_app_id": APP, "type": "event_callback",
            "event": event | {"team": TEAM, "channel": CHANNEL, "blocks": []}, "event_id": f"Ev{now}",
            "event_time": int(time.time()), "is_ext_shared_channel": False,
            "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
        }  # fmt: skip
        return self.deliver(bot, "/slack/events", json.dumps(payload), "application/json")

    def outside(self, who):
        return {
            "team": None if self.org_wide else {"id": TEAM, "domain": "interop"},
            "enterprise": {"id": ENTERPRISE, "name": "Interop"} if self.org_wide else None,
            "is_enterprise_install": self.org_wide,
            "user": {
                "id": who, "username": NAMES[who], "name": NAMES[who], "team_id": SECOND if self.org_wide else TEAM,
            },  # fmt: skip
            "api_app_id": APP,
            "token": "verification_token",
            "trigger_id": trigger(),
        }

    def command(self, text, who=ALICE):
        """A slash command's form."""
        return urllib.parse.urlencode(
            {
                "token": "verification_token", "team_id": TEAM, "team_domain": "interop", "channel_id": CHANNEL,
                "channel_name": "access", "user_id": who, "user_name": NAMES[who], "command": "/p0", "text": text,
                "api_app_id": APP, "is_enterprise_install": "false", "trigger_id": trigger(),
                "response_url": f"{self.url}{RESPONSE_PATH}/{secrets.token_hex(6)}",
            }
        )  # fmt: skip


def trigger():
    return f"111.222.{secrets.token_hex(8)}.live"


def dm(user_id):
    return "D" + user_id[1:]


def user(user_id, name):
    return {
        "id": user_id, "team_id": TEAM, "name": name, "deleted": False, "color": "9f69e7", "real_name": name.title(),
        "tz": "Europe/Zurich", "tz_label": "Central European Time", "tz_offset": 3600, "is_admin": False,
        "is_owner": False, "is_primary_owner": False, "is_restricted": False, "is_ultra_restricted": False,
        "is_bot": False, "is_app_user": False, "updated": 1650000000, "is_email_confirmed": True,
        "who_can_share_contact_card": "EVERYONE",
        "profile": {
            "title": "", "real_name": name.title(), "display_name": name, "email": f"{name}@example.com",
            "fields": None, "image_24": "https://example.com/24.png", "team": TEAM,
        },
    }  # fmt: skip
