from odoo import fields, models


class AreaMixin(models.AbstractModel):
    """What happens somewhere (属地): gives a record the area it belongs to.

    Every model that inherits this protects its records with one pattern, own areas and
    below, for cadres and all groups that imply them::

        <record id="rule_thing_area" model="ir.rule">
            <field name="name">Thing: own areas and below</field>
            <field name="model_id" ref="model_yst_thing" />
            <field name="groups" eval="[(4, ref('yst_base.group_cadre'))]" />
            <field name="domain_force">
                [('area_id', 'child_of', user.jurisdiction_ids.ids)]
            </field>
        </record>

    A user without a jurisdiction sees nothing, and neither does anybody see a record without
    an area. The rule is evaluated once per user and cached; a change of the user's
    jurisdiction drops the cache, a change of the area tree needs none, because the tree is
    looked up through ``parent_path`` in the query itself.
    """

    _name = "yst.area.mixin"
    _description = "Belongs to an area"

    area_id = fields.Many2one(
        "yst.area",
        string="Area",
        index=True,
        ondelete="restrict",
        help="Where it happens; decides who may see it.",
    )
