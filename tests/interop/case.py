"""A test with a bot between another Slack and another P0. What they did not like fails it."""

import atexit
import json
import signal
import unittest

import bot
import p0_side
import slack_side

# A suite that hangs is stopped from within, so that what it started is ended.
signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError("the suite took more than 55 s")))
signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(SystemExit(1)))
signal.alarm(55)


class Case(unittest.TestCase):
    org_wide = False
    p0_kind, settings = p0_side.P0, None
    errors_are_fine = False

    def setUp(self):
        self.slack, self.p0 = slack_side.Slack(self.org_wide), self.p0_kind()
        self.addCleanup(self.slack.close)
        self.addCleanup(self.p0.close)
        self.pushed = 0
        self.bot = bot.Bot(self.slack, self.p0, self.settings)
        atexit.register(self.bot.close)
        self.addCleanup(self.bot.close)
        self.addCleanup(self.nobody_complains)

    def nobody_complains(self):
        self.assertEqual(self.slack.violations, [], "Slack would not have liked this")
        self.assertEqual(self.p0.violations, [], "P0 would not have liked this")
        self.assertEqual(self.bot.told_secrets(), [], "secrets in the log")
        if not self.errors_are_fine:
            self.assertNotIn('"level":"ERROR"', self.bot.log())
        if self.pushed and self.bot.starts == 1:
            self.assertEqual(len(self.slack.cards()), self.pushed, "a card for each request")

    def push(self, request_id, **more):
        """P0 pushes a request; answers its card in the channel. A card may be there twice after a kill."""
        before = self.slack.cards()
        self.assertEqual(self.p0.push(self.bot, **p0_side.request(request_id, **more)), 200)
        shows = lambda card: f"Request {request_id}" in self.slack.reading(card) or "<" in request_id
        new = lambda: [card for card in self.slack.cards() if card not in before and shows(card)]
        self.pushed += 1
        return bot.wait_for(new, "the card")[0]

    def accepted(self, answer):
        """Slack hears 200 and nothing else."""
        self.assertEqual(answer, (200, b""))

    def reads(self, card, words):
        try:
            bot.wait_for(lambda: words in self.slack.reading(card), repr(words))
        except AssertionError as error:
            raise AssertionError(f"{error}; the card reads {self.slack.reading(card)}") from None

    def dms(self, who):
        return [self.slack.messages[card]["text"] for card in self.slack.cards(slack_side.dm(who))]

    def said(self, answer):
        """What a slash command was answered."""
        status, body = answer
        self.assertEqual(status, 200)
        return json.loads(body) if body else {}
