from collections.abc import Iterable

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# The context of a call from outside (web client, JSON-2, XML-RPC) is made of JSON values: it can
# repeat the key below, but never this very object, which is compared by identity.
_TOKEN = object()
_TOKEN_KEY = "_yst_state_token"


class YstStateMixin(models.AbstractModel):
    """State machine (状态机): a Selection that only named actions can change.

    The model declares the Selection field, with its initial state as default, and calls
    ``_transition`` from its actions. A state in ``create()`` or ``write()`` is refused, whoever
    asks and whatever the context says.
    """

    _name = "yst.state.mixin"
    _description = "State changed only by actions"

    _state_field = "state"

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Create records in the initial state.

        :raise UserError: a record would start in another state
        """
        name = self._state_field
        given = self._without_readonly_defaults()
        if self._state_unlocked():
            return super(YstStateMixin, given._with_state_locked()).create(vals_list)
        initial = self._state_initial()
        for vals in vals_list:
            if vals.get(name, initial) != initial:
                raise UserError(
                    self.env._("A new record cannot start in another state than the first.")
                )
        # given in the values, it wins over a `default_state` in the context
        records = super(YstStateMixin, given).create(
            [{**vals, name: initial} for vals in vals_list]
        )
        return records.with_env(self.env)

    def write(self, vals):
        """Write, without the state.

        :raise UserError: the values hold the state
        """
        if self._state_unlocked():
            return super(YstStateMixin, self._with_state_locked()).write(vals)
        if self._state_field in vals:
            raise UserError(
                self.env._("The state is changed by the actions of the form, not by editing it.")
            )
        return super().write(vals)

    def copy_data(self, default=None):
        """A copy starts at the beginning again."""
        initial = self._state_initial()
        return [{**vals, self._state_field: initial} for vals in super().copy_data(default=default)]

    # -- for the models that inherit ------------------------------------------------------------

    def _transition(
        self,
        to: str,
        allowed_from: str | Iterable[str],
        values: dict | None = None,
        message: str | None = None,
    ) -> bool:
        """Bring all records to the state ``to``, or none of them.

        The rows are locked first, so that of two concurrent presses one wins and the other is
        told. (When the other has committed in between, PostgreSQL reports a serialization
        failure, the server runs the request again, and that finds the new state.)

        :param allowed_from: the state or states from which the step is possible
        :param values: what is written along with the state
        :param message: the one line left in the chatter; by default "old → new"
        :raise UserError: a record is in another state, or is gone
        """
        if not self:
            return True
        self.check_access("write")
        allowed = {allowed_from} if isinstance(allowed_from, str) else set(allowed_from)
        name = self._state_field
        before = self._lock_state()
        label = dict(self._fields[name]._description_selection(self.env))
        for record in self:
            if record.id not in before:
                raise UserError(self.env._("The record has been deleted in the meantime."))
            state = before[record.id]
            if state not in allowed:
                raise UserError(
                    self.env._(
                        "“%(name)s” is now “%(state)s”: this step is not possible (any more). "
                        "Reload the page to see what has happened.",
                        name=record.sudo().display_name,
                        state=label.get(state, state),
                    )
                )
        self._with_state_unlocked().write({**(values or {}), name: to})
        if hasattr(self, "_message_log_batch"):
            self._message_log_batch(
                bodies={
                    record.id: message
                    or f"{label.get(before[record.id], '')} → {label.get(to, to)}"
                    for record in self
                }
            )
        return True

    def _lock_state(self) -> dict[int, str]:
        """Lock the rows, in the order of their ids, and answer each one's state."""
        self.flush_recordset([self._state_field])
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE id IN %s ORDER BY id FOR UPDATE",
                SQL.identifier(self._state_field),
                SQL.identifier(self._table),
                tuple(self.ids),
            )
        )
        return dict(rows)

    @api.model
    def _state_initial(self) -> str:
        """The state a record starts in: the field's own default."""
        field = self._fields[self._state_field]
        return field.convert_to_write(field.default(self), self)

    # -- the token ------------------------------------------------------------------------------

    def _with_state_unlocked(self):
        """These records with the right to one ``create`` or ``write`` that holds a state.

        For ``_transition``, data loaders and tests; it cannot be called from outside.
        """
        return self.with_context(**{_TOKEN_KEY: _TOKEN})

    def _without_readonly_defaults(self):
        """Itself, or without the ``default_…`` of its read-only fields in the context.

        A context comes from outside: what only the actions write must not come in through it.
        """
        refused = {
            key
            for key in self.env.context
            if key.startswith("default_")
            and (field := self._fields.get(key.removeprefix("default_")))
            and field.readonly
        }
        if not refused:
            return self
        context = {key: val for key, val in self.env.context.items() if key not in refused}
        return self.with_context(context)  # pylint: disable=context-overridden

    def _with_state_locked(self):
        return self.with_context(**{_TOKEN_KEY: None})

    def _state_unlocked(self) -> bool:
        return self.env.context.get(_TOKEN_KEY) is _TOKEN


def state_field(selection, **kwargs) -> fields.Selection:
    """A Selection for ``yst.state.mixin``: required, read-only in forms, indexed, not copied."""
    options = {
        "string": "State",
        "default": selection[0][0],
        "required": True,
        "readonly": True,
        "index": True,
        "copy": False,
        **kwargs,
    }
    return fields.Selection(selection, **options)
