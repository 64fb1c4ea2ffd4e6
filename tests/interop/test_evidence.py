"""The evidence as somebody else verifies it: what `audit export` prints and what Python makes of it."""

import json
import subprocess
import unittest

from bot import BINARY, wait_for
from case import Case
from slack_side import ALICE, BOB
from verify_evidence import first_fault


class Evidence(Case):
    def audit(self, *arguments):
        command = [BINARY, "audit", *map(str, arguments)]
        if arguments[0] == "export":
            command += ["--config", self.bot.folder / "settings.toml"]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env={}, timeout=20)

    def exported(self, events):
        """The lines of an export, once these events are in it."""

        def whole():
            lines = self.audit("export", "--with-personal").stdout.splitlines()
            told = [json.loads(line)["entry"]["event"] for line in lines if '"entry"' in line]
            return lines if set(events) <= set(told) else None

        return wait_for(whole, events)

    def test_python_and_the_bot_agree_on_what_is_whole(self):
        card = self.push("req-évidence-日本")
        typed = self.slack.command("approve req-évidence-日本 99w", BOB)
        self.said(self.slack.deliver(self.bot, "/slack/commands", typed))
        typed = {"input": {"reason": {"type": "plain_text_input", "value": "tab\t, \"quotes\", \x7f and 🔑"}}}
        self.accepted(self.slack.interact(self.bot, self.slack.click(card, "deny")))
        self.accepted(self.slack.interact(self.bot, self.slack.submission(self.slack.views[0], typed)))
        self.reads(card, "*Denied* by <@U01ALICE>")
        lines = self.exported(["request.pushed", "click.refused", "decision.done"])
        self.agree(lines, 0)
        for at in range(1, len(lines)):
            self.agree(lines[:at] + lines[at + 1 :], None)
            self.agree([*lines[:at], lines[at].replace(ALICE, "U99MALLORY").replace("http", "cli "), *lines[at + 1 :]], None)
        self.agree(lines[:-1], None)

    def agree(self, lines, fault):
        """Both find the same; `None`: whatever that is."""
        file = self.bot.folder / "export.jsonl"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        ours, theirs = first_fault(lines), self.audit("verify", file)
        if fault is not None:
            self.assertEqual(ours, fault)
        self.assertEqual(theirs.returncode, 1 if ours else 0, theirs.stderr)
        if ours:
            self.assertTrue(theirs.stderr.startswith(f"p0-chatops: line {ours}: "), theirs.stderr)


if __name__ == "__main__":
    unittest.main()
