from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .yst_document_access import LEADER, PEOPLE

STEPS = ["check", "countersign", "sign"]
_TOKEN = object()
_TOKEN_KEY = "_yst_document_tier"


class Document(models.Model):
    """Approvals (审批) of outgoing documents through tier validation: one review for each person
    and step. The state follows the reviews."""

    _inherit = "yst.document"

    # -- what screens call ---------------------------------------------------------------------

    def action_approve(self, opinion_text=None, opinion_image=None, version=None):
        """Agree (同意), as the reviewer whose turn it is or as their deputy.

        :param opinion_text: the opinion; none stands for a circle (圈阅), which is agreement
        :param opinion_image: what was drawn by hand, PNG in base64
        :param version: the number of the version that was read; refused when it is not the last
        :raise UserError: it is not the user's turn (any more), or the text has been changed
        """
        self.ensure_one()
        self._begin(*STEPS)
        document = self.sudo()
        step = document.state
        reviews = self._my_reviews()
        if not reviews:
            self._refuse_turn()
        if version and document.version_number != version:
            raise UserError(
                self.env._("The text has been changed in the meantime. Read the new version "
                           "before you approve it.")
            )
        for review in reviews:
            document._add_opinion(
                step, "approve", opinion_text, opinion_image, whose=review.person_id
            )
        document.with_context(**{_TOKEN_KEY: _TOKEN})._validate_tier(reviews)
        document._tier_step_done()
        return True

    def action_reject(self, reason, opinion_image=None):
        """Disagree (不同意): it goes back to the drafter with the reason.

        :raise UserError: no reason is given, or it is not the user's turn (any more)
        """
        self.ensure_one()
        reason = self._need_reason(reason)
        self._begin(*STEPS)
        document = self.sudo()
        step = document.state
        reviews = self._my_reviews()
        if not reviews:
            self._refuse_turn()
        for review in reviews:
            document._add_opinion(step, "reject", reason, opinion_image, whose=review.person_id)
        document.with_context(**{_TOKEN_KEY: _TOKEN})._rejected_tier(reviews)
        document.review_ids.filtered(
            lambda one: one.status in ("waiting", "pending")
        ).status = "cancel"
        document._go("draft", STEPS, reason)
        return True

    def write(self, vals):
        """Whom the checker names while checking comes into the reviews."""
        result = super().write(vals)
        if PEOPLE & vals.keys():
            for document in self.sudo().filtered(lambda one: one.state == "check"):
                document._drop_reviews("countersign")
                document._make_reviews(STEPS[1:])._update_review_status()
                document._touch()
        return result

    # -- reviews -------------------------------------------------------------------------------

    def _my_reviews(self):
        """The reviews (sudo) of the present step which the user may decide now."""
        self.ensure_one()
        return self.sudo().review_ids.filtered(
            lambda one: one.status == "pending"
            and one.document_step == self.sudo().state
            and self.env.user in one.reviewer_ids
        )

    def _my_reviews_query(self):
        """SQL of the ids of documents with a review that the user may decide now."""
        reviews = self.env["tier.review"].sudo()
        query = reviews._search(
            [
                ("model", "=", self._name),
                ("status", "=", "pending"),
                ("reviewer_ids", "in", self.env.uid),
            ]
        )
        return query.subselect("res_id")

    def _make_reviews(self, steps=STEPS):
        """Make the reviews of these steps (sudo), as the definitions say.

        :raise UserError: nobody checks or signs, or who should has left
        """
        self.ensure_one()
        definitions = self.env["tier.definition"].search(
            [
                ("model", "=", self._name),
                ("document_step", "in", steps),
                ("company_id", "in", [False, *self._get_company().ids]),
            ],
            order="sequence, id",
        )
        vals_list = []
        by_step = definitions.grouped("document_step")
        for rank, step in enumerate(STEPS, 1):
            seen, number = set(), rank * 100
            for definition in by_step.get(step, ()):
                if not self.evaluate_tier(definition):
                    continue
                made = []
                for person in self._reviewers_of(definition):
                    if person.id in seen:
                        continue
                    seen.add(person.id)
                    made.append(
                        {
                            **self._prepare_tier_review_vals(definition, number),
                            "document_step": step,
                            "person_id": person.id,
                        }
                    )
                vals_list += made
                if made and step != "countersign":  # one after another; countersigning is parallel
                    number += 1
            if step in steps and step != "countersign" and not seen:
                raise UserError(
                    self.env._("Say who checks it.") if step == "check"
                    else self.env._("Say who signs it.")
                )
        reviews = self.env["tier.review"].create(vals_list)
        self._check_reviewers(reviews)
        return reviews

    def _reviewers_of(self, definition):
        """The persons of a definition; an empty user stands for any of a group."""
        users = self.env["res.users"].sudo()
        if definition.review_type == "individual":
            return definition.reviewer_id
        if definition.review_type == "group":
            return [users.browse()]
        people = self[definition.reviewer_field_id.name]
        return people if people._name == "res.users" else people.user_ids

    def _check_reviewers(self, reviews):
        for review in reviews:
            person = review.person_id
            if person and (not person.active or person.share):
                raise UserError(self.env._("%s has left. Choose somebody else.", person.name))
            if not review.reviewer_ids:
                raise UserError(self.env._("Nobody is there who could approve it: %s",
                                           review.name))
            if review.document_step == "check" and person == self.drafter_id:
                raise UserError(self.env._("Nobody checks what they have drafted themselves."))
        if self.signer_id and not self.signer_id.has_group(LEADER):
            raise UserError(self.env._("%s is not a leader: leaders sign.", self.signer_id.name))

    def _drop_reviews(self, step="check"):
        """Take away the reviews of a step and of those after it (sudo); opinions stay."""
        later = STEPS[STEPS.index(step):]
        self.review_ids.filtered(lambda one: one.document_step in later).unlink()

    def _tier_step_done(self):
        """Bring the state to where the reviews are (sudo), and tell who comes next."""
        self.ensure_one()
        step = self.state
        waiting = self.review_ids.filtered(lambda one: one.status in ("waiting", "pending"))
        if step in waiting.mapped("document_step"):
            self._touch()
        else:
            later = STEPS[STEPS.index(step) + 1:]
            following = next(
                (one for one in later if one in waiting.mapped("document_step")), "review"
            )
            values = {"step_number": self.step_number + 1}
            if following == "review":
                values |= self._signed_values()
            self._transition(following, step, values)
        waiting._update_review_status()
        self._announce_turn()

    def _signed_values(self):
        last = self.review_ids.filtered(
            lambda one: one.document_step == "sign" and one.status == "approved"
        )[-1:]
        signer = last.person_id or last.done_by
        return {"signed_at": fields.Datetime.now(), "signer_id": signer.id}

    def _refuse_turn(self):
        raise UserError(
            self.env._("It is not your turn, or somebody has been quicker. Reload the page to "
                       "see what has happened.")
        )

    # -- the ways of tier validation that go past the actions ------------------------------------

    def _from_action(self):
        return self.env.context.get(_TOKEN_KEY) is _TOKEN

    def _validate_tier(self, tiers=False):
        if not self._from_action():
            self._refuse_other_way()
        return super()._validate_tier(tiers)

    def _rejected_tier(self, tiers=False):
        if not self._from_action():
            self._refuse_other_way()
        return super()._rejected_tier(tiers)

    def _refuse_other_way(self):
        raise AccessError(self.env._("Documents are approved by their own buttons."))

    def request_validation(self):
        """Reviews come with the submission."""
        self._refuse_other_way()

    def validate_tier(self):
        """As ``action_approve``."""
        return self.action_approve()

    def reject_tier(self):
        """A reason is needed: ``action_reject``."""
        self._refuse_other_way()

    def restart_validation(self):
        """``action_return`` does it."""
        self._refuse_other_way()

    def _allow_to_remove_reviews(self, values):
        return values.get("state") == self._cancel_state and self.env.su

    def _compute_need_validation(self):
        """Reviews are made by ``action_submit``, never on the way."""
        self.need_validation = False
