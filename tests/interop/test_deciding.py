"""Decisions that are signed by Slack's own SDK reach an independent P0 once, with the clicker's bearer."""

import time
import unittest

import block_kit
import p0_side
from bot import TOKENS, wait_for
from case import Case
from slack_side import ALICE, BOB, CAROL


class Deciding(Case):
    def test_a_click_is_forwarded_once_as_the_clicker(self):
        card = self.push("req-click")
        click = self.slack.click(card, "approve")
        self.accepted(self.slack.interact(self.bot, click))
        self.reads(card, "*Approved* by <@U01ALICE> for 2 hours")
        # The same press once more, as a second tap or a replay.
        self.accepted(self.slack.interact(self.bot, click))
        wait_for(lambda: self.dms(BOB), "the requester's message")
        self.assertEqual(self.p0.told(), [("approve", "req-click", {"expirationLength": "2h"}, TOKENS[ALICE])])
        self.assertRegex(self.p0.calls[0]["agent"], r"^p0-chatops/\d")
        self.assertIn("was approved by <@U01ALICE> for 2 hours", self.dms(BOB)[0])
        self.assertIsNone(self.slack.control(card, "approve"))
        self.revokes(card, "req-click")
        self.assertEqual(self.bot.stop(), 0)

    def revokes(self, card, request_id):
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "revoke", who=CAROL)))
        self.reads(card, "*Revoked* by <@U03CAROL>")
        self.assertEqual(self.p0.told()[1:], [("revoke", request_id, {}, TOKENS[CAROL])])

    def test_a_press_before_slack_has_answered_the_post_makes_no_second_card(self):
        posted, drawn = self.slack.hold("chat.postMessage"), self.slack.hold("chat.update")
        self.p0.answering.clear()
        card = self.push("req-early")
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "approve")))
        self.reads(card, "<@U01ALICE> chose")
        posted.set()
        time.sleep(0.3)
        drawn.set()
        self.p0.answering.set()
        self.reads(card, "*Approved* by <@U01ALICE>")
        wait_for(lambda: self.dms(BOB), "the requester's message")

    def test_a_chosen_length_counts(self):
        card = self.push("req-select", duration="8h")
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "approve_for", who=CAROL, value="4h")))
        self.reads(card, "*Approved* by <@U03CAROL> for 4 hours")
        self.assertEqual(self.p0.told(), [("approve", "req-select", {"expirationLength": "4h"}, TOKENS[CAROL])])

    def test_a_modal_denies(self):
        card = self.push("req-deny")
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "deny")))
        self.assertEqual(len(self.slack.views), 1)
        typed = {"input": {"reason": {"type": "plain_text_input", "value": "Use *staging* <!channel>"}}}
        self.accepted(self.slack.interact(self.bot, self.slack.submission(self.slack.views[0], typed)))
        self.reads(card, "*Denied* by <@U01ALICE>")
        self.assertEqual(self.p0.told(), [("deny", "req-deny", {}, TOKENS[ALICE])])

    def test_commands_decide(self):
        card = self.push("req-typed")
        listed = self.said(self.slack.deliver(self.bot, "/slack/commands", self.slack.command("")))
        self.assertIn("1 request", listed["text"])
        self.assertEqual(self.says("approve req-typed 90m")["response_type"], "ephemeral")
        self.reads(card, "*Approved* by <@U01ALICE>")
        self.says("revoke req-typed")
        self.reads(card, "*Revoked* by <@U01ALICE>")
        other = self.push("req-typed-2")
        self.says("deny req-typed-2 not today")
        self.reads(other, "*Denied* by <@U01ALICE>")
        verbs = [("approve", "req-typed", {"expirationLength": "90m"}), ("revoke", "req-typed", {})]
        self.assertEqual(self.p0.told(), [(*call, TOKENS[ALICE]) for call in [*verbs, ("deny", "req-typed-2", {})]])

    def says(self, text):
        """Types a command; the answer passes Slack's limits too."""
        answer = self.said(self.slack.deliver(self.bot, "/slack/commands", self.slack.command(text)))
        if "text" in answer:
            self.assertEqual(block_kit.message_faults(answer), [], text)
        return answer

    def test_commands_that_decide_nothing_answer_well(self):
        self.push("req-listed")
        near_misses = ["aprove req-listed", "approve", "approve req-listed 0h", "deny", "revoke a/b", "approve x 99d"]
        for text in ["help", "whoami", "pending", "show req-listed", "<b>&", "x" * 3000, *near_misses]:
            self.assertIn("text", self.says(text), text)
        self.says("approve req-listed")
        self.assertEqual(len(self.slack.views), 1, "a picker")
        chosen = {"type": "static_select", "selected_option": self.options(self.slack.views[0])[0]}
        self.accepted(self.slack.interact(self.bot, self.slack.submission(self.slack.views[0], chosen_in(chosen))))
        wait_for(lambda: self.p0.calls, "the picked length")
        self.assertEqual(self.p0.told(), [("approve", "req-listed", {"expirationLength": "2h"}, TOKENS[ALICE])])

    def options(self, view):
        return next(block["element"]["options"] for block in view["blocks"] if block["type"] == "input")

    def test_what_strangers_wrote_fits_and_pings_nobody(self):
        hostile = "<!channel> <!here> <@U01ALICE> ```&*_~`\u202eevil\u2066\u200b\n> *Approved* by root\n" + "\U0001f600<&>" * 2500
        rows = [{"label": hostile[:4000], "content": hostile[:4000]} for _ in range(30)]
        facts = dict.fromkeys(["reason", "requestor", "principal", "type", "access", "duration", "status"], hostile)
        request_id = "<!here>&*`" + "x" * 180
        card = self.push(request_id, **facts, permission={"role": hostile}, display={"rows": rows})
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "more")))
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "deny")))
        self.assertEqual(len(self.slack.views), 2)
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "approve")))
        self.reads(card, "*Approved* by <@U01ALICE>")
        self.says("pending")
        self.assertEqual(self.p0.calls[0]["id"], request_id, "P0 hears its own id")
        for message in self.slack.messages.values():
            for text in formatted(message):
                self.assertNotRegex(text, r"<!(channel|here|everyone)|[\u202a-\u202e\u2066-\u2069\u200b]")

    def test_who_may_not_decide_hears_why_and_nobody_else_does(self):
        card = self.push("req-refused")
        stranger, by_guest = self.slack.click(card, "approve"), self.slack.click(card, "approve", who=CAROL)
        stranger["user"]["team_id"] = "T0ELSE"
        self.accepted(self.slack.interact(self.bot, stranger))
        wait_for(lambda: self.slack.responses, "a private line")
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "approve", who=BOB)))
        wait_for(lambda: any("no P0 identity" in said["text"] for said in self.slack.responses), "a private line to the requester")
        self.slack.guests.add(CAROL)
        self.accepted(self.slack.interact(self.bot, by_guest))
        wait_for(lambda: any("Guests cannot decide" in text for text in self.dms(CAROL)), "a message to the guest")
        self.assertEqual(self.p0.calls, [])

    def test_a_mention_is_answered_with_a_private_button(self):
        card = self.push("req-mention")
        self.accepted(self.slack.mention(self.bot, "approve req-mention 1h30m"))
        private = wait_for(lambda: self.slack.private, "the private button")[0]
        self.assertEqual((private["user"], self.p0.calls), (ALICE, []))
        self.accepted(self.slack.interact(self.bot, self.slack.click_private(private, "approve")))
        self.reads(card, "*Approved* by <@U01ALICE>")
        self.assertEqual(self.p0.told(), [("approve", "req-mention", {"expirationLength": "90m"}, TOKENS[ALICE])])

    def test_what_p0_says_is_shown_in_its_words(self):
        card = self.push("req-late")
        self.p0.answered = 400, {"error": "Invalid or <b>expired</b> request"}
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "approve")))
        self.reads(card, "Invalid or expired request")
        self.assertNotIn("*Approved*", self.slack.reading(card))
        wait_for(lambda: any("did not count" in text for text in self.dms(ALICE)), "the approver's message")
        self.assertEqual(len(self.p0.calls), 1)

    def test_p0_can_be_asked_for_no_more_than_its_document_knows(self):
        self.assertEqual(self.p0.push(self.bot, "preapproval-created", reason="x"), 200)
        self.assertEqual(self.p0.push(self.bot, **p0_side.request("req-odd", status="NEVER_HEARD_OF")), 200)
        wait_for(self.slack.cards, "the card")
        self.reads(self.slack.cards()[0], "NEVER_HEARD_OF")
        self.assertEqual(self.p0.calls, [])


class OrgWide(Case):
    """The app is installed for a whole organisation: `team` is null, people's home is any of its workspaces."""

    org_wide = True

    def test_a_click_and_a_modal_decide(self):
        card = self.push("req-org")
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "approve")))
        self.reads(card, "*Approved* by <@U01ALICE>")
        other = self.push("req-org-2")
        self.accepted(self.slack.interact(self.bot, self.slack.click(other, "deny")))
        typed = {"input": {"reason": {"type": "plain_text_input", "value": None}}}
        self.accepted(self.slack.interact(self.bot, self.slack.submission(self.slack.views[0], typed)))
        self.reads(other, "*Denied* by <@U01ALICE>")
        approved = ("approve", "req-org", {"expirationLength": "2h"}, TOKENS[ALICE])
        self.assertEqual(self.p0.told(), [approved, ("deny", "req-org-2", {}, TOKENS[ALICE])])


def chosen_in(value):
    return {"input": {"length": value}}


def formatted(message):
    """The texts of a message that Slack formats."""
    yield message["text"]
    for block in message["blocks"]:
        for text in [block.get("text", {}), *block.get("elements", [])]:
            if text.get("type") == "mrkdwn":
                yield text["text"]


if __name__ == "__main__":
    unittest.main()
