"""What the operator reads on a card, and what the dialogs of the desk are called."""

from odoo.tests import tagged

from .api_common import VideoCase


@tagged("post_install", "-at_install")
class TestAlertDesk(VideoCase):
    def test_a_card_says_how_many_or_how_high(self):
        expected = {
            ("crowd", 9, None): "Persons: 9",
            ("obstruction", 2, None): "Things: 2",
            ("water_level", 0, 1.5): "1.50 m",
            ("water_level", 0, 0.0): "0.00 m",
            ("no_mask", 1, None): "Persons: 1",
            ("crowd", 0, None): False,
            ("tamper", 1, None): False,  # a camera is no person
            ("offline", 1, None): False,
        }
        for (kind, count, reading), words in expected.items():
            with self.subTest(kind=kind, reading=reading):
                alert = self.made(
                    camera=self.far, kind=kind, count=count, reading=reading
                )
                self.assertEqual(alert.with_context(lang="en_US").figure, words)
                feed = self.env["yst.video.alert"].with_context(lang="en_US").desk_feed()
                shown = next(one for one in feed["alerts"] if one["id"] == alert.id)
                self.assertEqual(shown["figure"], words or "")

    def test_each_dialog_is_called_after_what_it_does(self):
        names, steps = set(), [
            step for step, (model, _method) in self.env["yst.reason.wizard"]._targets().items()
            if model.startswith("yst.video.")
        ]
        for step in steps:
            opened = self.env.ref(f"yst_video.action_reason_{step.removeprefix('video_')}")
            with self.subTest(step):
                self.assertEqual(opened.res_model, "yst.reason.wizard")
                self.assertEqual(opened.view_id, self.env.ref("yst_video.view_reason_wizard"))
                self.assertEqual(opened.context, str({"default_step": step}))
                names.add(opened.name)
        self.assertEqual((len(names), len(steps)), (5, 5))
