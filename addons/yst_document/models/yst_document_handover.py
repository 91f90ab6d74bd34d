from odoo import fields, models

from .yst_document_access import LEADER
from .yst_document_tier import STEPS

#: the field that names who takes a step
NAMED_BY = {"check": "checker_id", "countersign": "countersigner_ids", "sign": "signer_id"}


class Document(models.Model):
    """Who leaves a post (离岗移交) hands over the documents that wait for them, too."""

    _inherit = "yst.document"

    def _hand_over(self, leaver, successor):
        """Give approvals, instructions and the handling that are open to a successor (sudo).
        Signing and instructing are only handed to a leader, checking not to the drafter.

        :return: the documents that were handed over
        """
        leads = successor.has_group(LEADER)
        moved = self._hand_over_reviews(leaver, successor, STEPS if leads else STEPS[:-1])
        handled = self.search([("state", "=", "handle"), ("handler_id", "=", leaver.id)])
        handled._lock_state()
        handled.handler_id = successor
        moved |= handled
        if leads:
            instructed = self.search(
                [("state", "=", "instruct"), ("waiting_instructor_ids", "=", leaver.id)]
            )
            instructed._lock_state()
            for name in ("instructor_ids", "waiting_instructor_ids"):
                instructed.write(
                    {name: [fields.Command.unlink(leaver.id), fields.Command.link(successor.id)]}
                )
            moved |= instructed
        moved._touch()
        moved._message_log_batch(
            bodies=dict.fromkeys(
                moved.ids,
                self.env._("Handed over: %(leaver)s → %(successor)s", leaver=leaver.name,
                           successor=successor.name),
            )
        )
        moved._announce_turn()
        return moved

    def _hand_over_reviews(self, leaver, successor, steps):
        reviews = self.env["tier.review"].search(
            [
                ("model", "=", self._name),
                ("status", "in", ("waiting", "pending")),
                ("person_id", "=", leaver.id),
                ("document_step", "in", steps),
            ]
        )
        documents = self.browse(reviews.mapped("res_id"))
        documents._lock_state()
        moved = self.browse()
        for review in reviews.sorted("sequence"):
            if not review.exists():
                continue
            document = documents.browse(review.res_id)
            step = review.document_step
            if step == "check" and document.drafter_id == successor:
                continue
            review.person_id = successor
            # in the check, the reviews to come are made anew by it
            name = NAMED_BY[step]
            if leaver in document[name]:
                document[name] = document[name] - leaver | successor
            moved |= document
        return moved
