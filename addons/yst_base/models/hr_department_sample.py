from odoo import api, models
from odoo.exceptions import UserError

from .. import reference_data


class HrDepartment(models.Model):
    """Sample departments (示例科室); they come with the sample data only."""

    _inherit = "hr.department"

    @api.model
    def _load_demo(self):
        """Create the departments of the sample organisation that are not there yet."""
        names = list(self._sample_names().values())
        known = set(self.search([("name", "in", names)]).mapped("name"))
        return self.create([{"name": name} for name in names if name not in known])

    @api.model
    def _sample_names(self):
        """Name of each sample department, by code."""
        try:
            data = reference_data.load("organisation.yaml")
        except reference_data.ReferenceDataError as error:
            raise UserError(str(error)) from error
        return {one["code"]: one["name_zh"] for one in data.get("departments") or []}

    @api.model
    def _sample_member(self, code, user):
        """Make a sample user an employee of a sample department."""
        department = self.search([("name", "=", self._sample_names().get(code))], limit=1)
        if department and not user.employee_ids:
            self.env["hr.employee"].create(
                {"name": user.name, "user_id": user.id, "department_id": department.id}
            )
