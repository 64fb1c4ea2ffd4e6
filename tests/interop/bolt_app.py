"""A Bolt app in Socket Mode: what Slack's own SDK makes of the sandbox's sockets. It says once that it listens, and ends
with its standard input."""

import json
import sys

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

settings = json.loads(sys.argv[1])
app = App(client=WebClient(token=settings["bot_token"], base_url=settings["api"]))


def modal(title, text):
    section = {"type": "section", "text": {"type": "plain_text", "text": text}}
    return {
        "type": "modal", "callback_id": "ask", "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Send"}, "blocks": [section],
    }


@app.action("open")
def opens(ack, body, client):
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=modal("Opened", body["actions"][0]["value"]))


@app.view("ask")
def submits(ack):
    ack(response_action="update", view=modal("Updated", "by an acknowledgement"))


@app.command("/p0")
def types(ack, command):
    ack(text=f"heard {command['text']} of {command['user_id']}")


@app.event("app_mention")
def mentions(event, client):
    client.chat_postMessage(channel=event["channel"], text=f"heard {event['text']}")


handler = SocketModeHandler(app, settings["app_token"], web_client=WebClient(base_url=settings["api"]))
handler.connect()
print(json.dumps({"listens": handler.client.is_connected()}), flush=True)
sys.stdin.read()
handler.close()
