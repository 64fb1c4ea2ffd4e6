"""The bot: the built program with a settings file of its own, asked for any free port."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import p0_side
import slack_side

BINARY = os.environ.get("P0CHATOPS_BINARY", "target/debug/p0-chatops")
TOKENS = {slack_side.ALICE: "opaque-bearer-of-alice-8d1f", slack_side.CAROL: "opaque-bearer-of-carol-77c2"}
EMAILS = {slack_side.ALICE: "alice@example.com", slack_side.CAROL: "carol@example.com"}


class Bot:
    def __init__(self, slack, p0, more=None):
        """`more` are lines for sections of the settings file, by section."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="p0-chatops-interop-"))
        self.process = None
        self.starts = 0
        self.secrets = [slack.SIGNING_SECRET, slack.BOT_TOKEN, *TOKENS.values(), slack_side.RESPONSE_PATH, *p0.SECRETS]
        (self.folder / "notifier.pem").write_text(p0_side.KEY.public_pem())
        for user, token in TOKENS.items():
            self.write(user, token)
        self.write("settings.toml", self.settings(slack, p0, more or {}))
        self.start()

    def write(self, name, text):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)

    def settings(self, slack, p0, more):
        people = "\n".join(f"{user} = {json.dumps(email)}" for user, email in EMAILS.items())
        tokens = "\n".join(f"{user} = {json.dumps(user)}" for user in TOKENS)
        return f"""
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
database_url = "sqlite://{self.folder}/ledger.db"
[slack]
signing_secrets = ["{slack.SIGNING_SECRET}"]
bot_token = "{slack.BOT_TOKEN}"
api_base_url = "{slack.url}/api/"
hook_hosts = ["{slack.server.host}"]
{more.get("slack", "")}
[p0]
base_url = "{p0.url}"
org = "{p0.ORG}"
request_url = "https://p0.example.com/o/{{org}}/requests/{{id}}"
{more.get("p0", "")}
[notifier]
public_key_file = "notifier.pem"
issuer = "{p0.ISSUER}"
audience = "{p0.AUDIENCE}"
[identity]
mode = "tokens"
[identity.people]
{people}
[identity.tokens]
{tokens}
[settings]
{more.get("settings", "")}
[[route]]
channel = "{slack_side.CHANNEL}"
"""

    def start(self):
        self.starts += 1
        log = self.folder / f"log-{self.starts}"
        command = [BINARY, "serve", "--config", str(self.folder / "settings.toml"), "--log-json"]
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=stderr, env={}, cwd=self.folder)
        served = wait_for(lambda: self.served(log), "the bot to serve")
        self.address = served["listen"]

    def served(self, log):
        if self.process.poll() is not None:
            raise AssertionError(f"the bot left with {self.process.returncode}: {log.read_text()}")
        for line in log.read_text().splitlines():
            if "p0-chatops is serving" in line:
                return json.loads(line)["fields"]
        return None

    def kill(self):
        """As `kill -9`."""
        self.process.kill()
        self.process.wait(5)

    def stop(self):
        """As an operator stops it; answers its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(14)

    def log(self):
        return "".join(path.read_text() for path in sorted(self.folder.glob("log-*")))

    def told_secrets(self):
        """Secrets that stand in the log."""
        log = self.log()
        return [secret for secret in self.secrets if secret in log]

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for(look, what, within=10):
    """Looks until there is something to see."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"waited {within} s for {what}")
