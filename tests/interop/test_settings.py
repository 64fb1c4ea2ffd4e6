"""Admins change P0's settings: what P0 is told is judged by openapi-core and P0's own document."""

import pathlib
import subprocess
import unittest

import p0_side
import settings_server
from bot import BINARY, TOKENS, wait_for
from case import Case
from slack_side import ALICE, BOB, CAROL, CHANNEL, dm

DOCUMENT = pathlib.Path(__file__).parents[2] / "src/sandbox/p0/openapi/jit-settings.json"
KEY = "settings-key-of-interop-5d0a9c31"


class P0(p0_side.P0):
    """With the settings API beside the other."""

    SECRETS = (KEY,)

    def __init__(self):
        self.settings_api = settings_server.SettingsApi(DOCUMENT, KEY)
        super().__init__()

    def answer(self, request):
        is_settings = request.path.startswith(f"/o/{self.ORG}/settings/")
        return self.settings_api.answer(request) if is_settings else super().answer(request)


class Settings(Case):
    p0_kind = P0
    settings = {"slack": f'admins = ["{ALICE}", "{BOB}"]', "p0": f'settings_api_key = "{KEY}"'}

    def types(self, text, who=ALICE):
        """A command, and the private message that it is answered with."""
        said = self.said(self.slack.deliver(self.bot, "/slack/commands", self.slack.command(text, who)))
        return said | {"channel": CHANNEL}

    def applies(self, text):
        apply = self.slack.click_private(self.types(text), "settings_apply:notice")
        views = len(self.slack.views)
        self.accepted(self.slack.interact(self.bot, apply))
        if len(self.slack.views) > views:
            self.confirms(self.slack.views[-1], text.split()[-1])

    def confirms(self, view, typed):
        """Types what a modal asks for."""
        block = next(block for block in view["blocks"] if block["type"] == "input")
        value = {"type": "plain_text_input", "value": typed}
        values = {block["block_id"]: {block["element"]["action_id"]: value}}
        status, body = self.slack.interact(self.bot, self.slack.submission(view, values))
        self.assertEqual(status, 200)
        self.assertNotIn(b"errors", body)

    def agrees(self, who):
        """The second admin presses in their direct message."""
        asked = lambda: [c for c in self.slack.cards(dm(who)) if self.slack.control(c, "settings_agree:notice")]
        card = wait_for(asked, "the question")[-1]
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "settings_agree:notice", who=who)))

    def ends(self, told, *words):
        """P0 was told this alone, as it publishes it, and the author's card says what came of it."""
        log = self.p0.settings_api.log
        reads = lambda card: all(word in self.slack.reading(card) for word in words)
        wait_for(lambda: any(map(reads, self.slack.cards(dm(ALICE)))), repr(words))
        self.assertEqual([self.short(one) for one in log], [told])
        self.assertEqual(log.pop()["faults"], [])

    def short(self, one):
        return f"{one['call'].replace('/o/acme/settings/', '')}: {one['status']}"

    def test_every_change_is_as_p0_publishes_it(self):
        self.applies("settings add 2h")
        self.ends("POST expiry-options: 204", "Add 2 hours", "P0 took it")
        self.applies("settings remove 24h")
        self.ends("DELETE expiry-options/1%20day: 204", "Remove 24 hours", "P0 took it")
        self.applies("settings max 12h")
        self.ends("PUT max-access-duration: 200", "12 hours", "P0 took it")
        self.applies("settings standing 2w")
        self.agrees(BOB)
        self.ends("PUT standing-access-duration: 200", "2 weeks", "P0 took it")
        self.applies("settings reset")
        self.ends("POST expiry-options/_reset: 200", "Reset", "P0 took it")
        # P0's own list counts, and a decision is the approver's own as ever.
        card = self.push("req-after", duration="1h30m")
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "approve", who=CAROL)))
        self.reads(card, "*Approved* by <@U03CAROL>")
        self.assertEqual(self.p0.told(), [("approve", "req-after", {"expirationLength": "90m"}, TOKENS[CAROL])])
        self.assertEqual(self.p0.settings_api.log, [])

    def test_what_an_answer_may_leave_out_is_not_made_up(self):
        self.p0.settings_api.settings.say = "nothing"
        self.applies("settings max 12h")
        self.ends("PUT max-access-duration: 200", "12 hours", "Sent, not confirmed")
        self.applies("settings reset")
        self.ends("POST expiry-options/_reset: 200", "Reset", "P0 took it")

    def test_a_route_that_p0_does_not_publish_is_refused_in_p0s_words(self):
        self.applies("settings approvable 3d")
        self.agrees(BOB)
        refused = lambda: [card for card in self.slack.cards(dm(ALICE)) if "Not found" in self.slack.reading(card)]
        wait_for(refused, "P0's words")
        self.assertEqual([self.short(one) for one in self.p0.settings_api.log], ["PUT approvable-duration: 404"])

    def test_a_file_is_applied_beside_the_bot(self):
        (self.bot.folder / "p0.toml").write_text('presets = ["1h", "2h", "4h", "8h"]\nmaximum = "2d"\nstanding = "2w"\n')
        command = [BINARY, "settings", "apply", "p0.toml", "--yes", "--config", "settings.toml"]
        done = subprocess.run(command, capture_output=True, text=True, env={}, cwd=self.bot.folder, timeout=20)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn(KEY, done.stdout + done.stderr)
        told = [self.short(one) for one in self.p0.settings_api.log]
        room_first = ["PUT max-access-duration: 200", "POST expiry-options: 204", "PUT standing-access-duration: 200"]
        self.assertEqual(told, room_first)
        self.assertEqual([one for one in self.p0.settings_api.log if one["faults"]], [])


if __name__ == "__main__":
    unittest.main()
