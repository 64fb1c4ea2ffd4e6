"""`kill -9` at awkward instants: a choice that Slack heard 200 for is forwarded once, or shown as unknown; never twice."""

import http.client
import threading
import time
import unittest

from bot import TOKENS, wait_for
from case import Case
from slack_side import ALICE


class Kill(Case):
    def test_killed_while_p0_is_being_told(self):
        card = self.push("req-kill")
        self.p0.answering.clear()
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "approve")))
        self.assertTrue(self.p0.called.wait(10), "P0 is being told")
        self.bot.kill()
        self.p0.answering.set()
        self.bot.start()
        self.reads(card, "*Outcome unknown*")
        self.assertNotIn("*Approved*", self.slack.reading(card))
        wait_for(lambda: any("is unknown" in text for text in self.dms(ALICE)), "the approver's message")
        time.sleep(2)  # Longer than the worker's pause between two looks.
        once = [("approve", "req-kill", {"expirationLength": "2h"}, TOKENS[ALICE])]
        self.assertEqual(self.p0.told(), once)
        # Only a person sends it again.
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "try_again")))
        self.reads(card, "*Approved* by <@U01ALICE>")
        self.assertEqual(self.p0.told(), once * 2)

    def test_killed_at_any_instant_around_the_answer(self):
        for nth, pause in enumerate([0.001, 0.003, 0.006, 0.01, 0.015, 0.025, 0.05]):
            with self.subTest(pause=pause):
                request_id = f"req-kill-{nth}"
                card = self.push(request_id)
                click = self.slack.click(card, "approve")
                killer = threading.Timer(pause, self.bot.process.kill)
                killer.start()
                heard = self.heard(click)
                killer.join()
                self.bot.kill()
                self.bot.start()
                self.ends_well(card, request_id, heard)

    def heard(self, click):
        """Whether Slack heard 200 before the bot was gone."""
        try:
            return self.slack.interact(self.bot, click)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def ends_well(self, card, request_id, heard):
        ends = ("*Approved* by <@U01ALICE>", "*Outcome unknown*")
        calls = lambda: [call for call in self.p0.calls if call["id"] == request_id]
        if heard:
            wait_for(lambda: any(end in self.slack.reading(card) for end in ends), "an end")
        else:
            time.sleep(1)
        shown = self.slack.reading(card)
        self.assertLessEqual(len(calls()), 1, "never twice")
        if ends[0] in shown:
            self.assertEqual(len(calls()), 1, "approved is not said of what P0 did not hear")


if __name__ == "__main__":
    unittest.main()
