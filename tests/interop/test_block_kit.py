"""The judges are awake: what is wrong is called wrong."""

import unittest

import block_kit


def section(text, kind="plain_text", **more):
    return {"type": "section", "text": {"type": kind, "text": text} | more}


def button(**more):
    return {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "A"}, "value": "v"} | more


class Judges(unittest.TestCase):
    def test_what_is_right_has_no_faults(self):
        blocks = [section("x", "mrkdwn", verbatim=True), {"type": "actions", "elements": [button(style="danger")]}]
        self.assertEqual(block_kit.message_faults({"text": "x", "blocks": blocks}), [])

    def test_what_is_wrong_has_faults(self):
        wrong = {
            "too long": ([section("x" * 3001)], 2),
            "empty": ([section("")], 2),
            "another kind of text": ([section("x", "html")], 2),
            "an unknown block": ([{"type": "sections"}], 2),
            "a header that formats": ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], 2),
            "a field that is not known": ([section("x") | {"colour": "red"}], 2),
            "a green button": ([{"type": "actions", "elements": [button(style="green")]}], 2),
            "a long value": ([{"type": "actions", "elements": [button(value="v" * 2001)]}], 2),
            "twins": ([section("x") | {"block_id": "b"}] * 2, 1),
            "51 blocks": ([section("x")] * 51, 1),
        }
        for name, (blocks, judges) in wrong.items():
            with self.subTest(name):
                faults = block_kit.message_faults({"text": "x", "blocks": blocks})
                self.assertGreaterEqual(len(faults), judges if block_kit.blockkit else 1, faults)

    def test_an_unfurl_is_blocks_alone_and_no_rich_text(self):
        rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]}
        self.assertEqual(block_kit.unfurl_faults({"blocks": [section("x")]}), [])
        self.assertNotEqual(block_kit.unfurl_faults({"blocks": [rich]}), [])
        self.assertNotEqual(block_kit.unfurl_faults({"blocks": [section("x")], "color": "red"}), [])

    def test_a_modal_with_a_long_title_or_nothing_to_submit_is_wrong(self):
        title = {"type": "plain_text", "text": "x" * 25}
        self.assertGreaterEqual(len(block_kit.view_faults({"type": "modal", "title": title, "blocks": [section("x")]})), 2)
        element = {"type": "plain_text_input", "action_id": "a"}
        block = {"type": "input", "label": {"type": "plain_text", "text": "L"}, "element": element}
        view = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": [block]}
        self.assertNotEqual(block_kit.view_faults(view), [])


if __name__ == "__main__":
    unittest.main()
