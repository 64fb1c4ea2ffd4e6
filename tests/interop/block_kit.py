"""Three judges of what the bot shows: Slack's own SDK, `blockkit` (another project's models), and limits counted here."""

import json
from collections import Counter

from slack_sdk.models import JsonObject
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

try:
    import blockkit
except ImportError:
    blockkit = None


def message_faults(message):
    """What is wrong with a message: `text` and `blocks`."""
    blocks, text = message.get("blocks", []), message.get("text", "")
    faults = count_blocks(blocks, most=50)
    if not text.strip():
        faults.append("no text: that is the push notification")
    faults += fits("text", text, 4000)
    faults += sdk_faults("blocks", blocks, lambda: Block.parse_all(blocks))
    if blockkit:
        faults += blockkit_faults({"text": text, "blocks": blocks}, blockkit.Message)
    return faults


def unfurl_faults(unfurl):
    """What is wrong with what is laid under a link: blocks alone, and none that `chat.unfurl` does not take."""
    blocks = unfurl.get("blocks", [])
    faults = [f"an unfurl of {sorted(unfurl)}"] if set(unfurl) != {"blocks"} else []
    faults += ["rich_text, which chat.unfurl does not take" for block in blocks if block["type"] == "rich_text"]
    return faults + message_faults({"text": "-", "blocks": blocks})


def view_faults(view):
    """What is wrong with a modal."""
    blocks = view.get("blocks", [])
    faults = count_blocks(blocks, most=100)
    for name in ("title", "submit", "close"):
        if name in view or name == "title":
            faults += text_faults(name, view.get(name, {}), 24, plain=True)
    if any(block["type"] == "input" for block in blocks) and "submit" not in view:
        faults.append("an input, and nothing to submit it with")
    faults += fits("private_metadata", view.get("private_metadata", "-"), 3000)
    faults += fits("callback_id", view.get("callback_id", "-"), 255)
    faults += sdk_faults("view", [view], lambda: [View(**view)])
    if blockkit:
        faults += blockkit_faults({k: v for k, v in view.items() if k != "type"}, blockkit.Modal)
    return faults


def home_faults(view):
    """What is wrong with a Home tab."""
    faults = count_blocks(view.get("blocks", []), most=100)
    faults += fits("private_metadata", view.get("private_metadata", "-"), 3000)
    faults += sdk_faults("view", [view], lambda: [View(**view)])
    if blockkit:
        faults += blockkit_faults({k: v for k, v in view.items() if k != "type"}, blockkit.Home)
    return faults


# Slack's SDK. It drops what it does not know, so what it read is written again and compared.


def sdk_faults(name, given, parse):
    try:
        parsed = parse()
        for part in parsed:
            validate(part)
        read = [json.loads(json.dumps(part.to_dict())) for part in parsed]
    except Exception as error:
        return [f"slack_sdk refuses {name}: {type(error).__name__}: {error}"]
    if read != given:
        return [f"slack_sdk reads {name} otherwise: {json.dumps(read)} of {json.dumps(given)}"]
    return []


def validate(part):
    if isinstance(part, (list, tuple)):
        for one in part:
            validate(one)
    elif isinstance(part, JsonObject):
        part.validate_json()
        for inner in vars(part).values():
            validate(inner)


# blockkit builds, and validates what it builds: so what the bot sent is built with it, field by field.


def blockkit_faults(given, kind):
    try:
        built = build(kind, given).build()
    except Exception as error:
        return [f"blockkit refuses a {kind.__name__}: {error}"]
    built.pop("type", None)
    return [] if built == given else [f"blockkit builds otherwise: {json.dumps(built)} of {json.dumps(given)}"]


def build(kind, given):
    component = kind()
    # A text guesses its own type: it is told last.
    for name, value in sorted(given.items(), key=lambda item: item[0] == "type"):
        if name == "type" and kind is not blockkit.Text:
            continue
        setter = getattr(component, name, None)
        if name.startswith("_") or setter is None:
            raise ValueError(f"{kind.__name__} has no {name}")
        if isinstance(value, list):
            setter(*[part(name, one) for one in value])
        else:
            setter(part(name, value))
    return component


def part(name, value):
    if not isinstance(value, dict):
        return value
    kinds = {
        "plain_text": "Text", "mrkdwn": "Text", "header": "Header", "section": "Section", "context": "Context",
        "actions": "Actions", "input": "Input", "divider": "Divider", "button": "Button",
        "static_select": "StaticSelect", "plain_text_input": "PlainTextInput",
    }  # fmt: skip
    untyped = {"confirm": "Confirm", "options": "Option", "initial_option": "Option"}
    kind = kinds.get(value.get("type")) or untyped.get(name)
    if kind is None:
        raise ValueError(f"{name} is of a kind that this test does not know: {value.get('type')}")
    return build(getattr(blockkit, kind), value)


# Limits, counted from Slack's reference.


def fits(name, text, most):
    if not isinstance(text, str) or not 1 <= len(text) <= most:
        return [f"{name} has {len(text)} characters, of at most {most}" if isinstance(text, str) else f"{name}: {text}"]
    return []


def text_faults(name, text, most, plain=False):
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    faults = fits(name, text.get("text"), most)
    if text.get("type") not in kinds:
        faults.append(f"{name} is {text.get('type')}")
    if set(text) - {"type", "text", "emoji", "verbatim"}:
        faults.append(f"{name} has {sorted(text)}")
    if text.get("type") == "mrkdwn" and text.get("verbatim") is not True:
        faults.append(f"{name} would link names that people wrote: it is not verbatim")
    return faults


def count_blocks(blocks, most):
    faults = [f"{len(blocks)} blocks, of at most {most}"] if len(blocks) > most else []
    repeated = Counter(block["block_id"] for block in blocks if "block_id" in block)
    faults += [f"block_id {name} {count} times" for name, count in repeated.items() if count > 1]
    for block in blocks:
        faults += fits("block_id", block.get("block_id", "-"), 255)
        faults += block_faults(block)
    return faults


def block_faults(block):
    kind = block["type"]
    if kind == "header":
        return text_faults("header", block["text"], 150, plain=True)
    if kind == "section":
        faults = text_faults("section", block["text"], 3000) if "text" in block else []
        fields = block.get("fields", [])
        if len(fields) > 10 or not (fields or "text" in block):
            faults.append(f"a section with {len(fields)} fields")
        for field in fields:
            faults += text_faults("field", field, 2000)
        return faults + element_faults([block["accessory"]] if "accessory" in block else [], 1)
    if kind == "context":
        count = len(block["elements"])
        faults = [] if 1 <= count <= 10 else [f"context with {count} elements"]
        return faults + [fault for text in block["elements"] for fault in text_faults("context", text, 2000)]
    if kind == "actions":
        return element_faults(block["elements"], 25)
    if kind == "input":
        faults = text_faults("label", block["label"], 2000, plain=True) + element_faults([block["element"]], 1)
        return faults + (text_faults("hint", block["hint"], 2000, plain=True) if "hint" in block else [])
    return [] if kind == "divider" else [f"a block of the kind {kind}"]


def element_faults(elements, most):
    faults = [] if len(elements) <= most else [f"{len(elements)} elements, of at most {most}"]
    repeated = Counter(element.get("action_id") for element in elements)
    faults += [f"action_id {name} {count} times" for name, count in repeated.items() if name and count > 1]
    for element in elements:
        faults += fits("action_id", element.get("action_id", "-"), 255)
        if "confirm" in element:
            for name, length in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
                faults += text_faults(f"confirm.{name}", element["confirm"][name], length, plain=name != "text")
        if "placeholder" in element:
            faults += text_faults("placeholder", element["placeholder"], 150, plain=True)
        if element["type"] == "button":
            faults += text_faults("button", element["text"], 75, plain=True)
            faults += fits("value", element.get("value", "-"), 2000) + fits("url", element.get("url", "-"), 3000)
            if element.get("style", "primary") not in ("primary", "danger"):
                faults.append(f"style {element['style']}")
        elif element["type"] == "static_select":
            if not 1 <= len(element["options"]) <= 100:
                faults.append(f"a select of {len(element['options'])}")
            for option in element["options"]:
                faults += text_faults("option", option["text"], 75, plain=True) + fits("value", option["value"], 75)
        elif element["type"] == "plain_text_input":
            if not 1 <= element.get("max_length", 1) <= 3000:
                faults.append(f"max_length {element['max_length']}")
            if len(element.get("initial_value", "")) > element.get("max_length", 3000):
                faults.append("an initial value that is longer than what may be typed")
        else:
            faults.append(f"an element of the kind {element['type']}")
    return faults
