import threading
from functools import partial

from odoo import api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import tagged

from .case_common import CaseCase


@tagged("post_install", "-at_install")
class TestConcurrency(CaseCase):
    """Two requests at once, in two connections, as two servers would have them.

    What they need is committed first and taken away at the end.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dbname = cls.env.cr.dbname

    def run_at_once(self, *works):
        """Run each work in a connection of its own, all starting together.

        :param works: functions of an environment
        :return: their answers, or the UserError each was told
        """
        gate = threading.Barrier(len(works))
        answers = [None] * len(works)

        def run(index, work):
            registry = Registry(self.dbname)
            with registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                cr.execute("SELECT 1")  # each has its own snapshot before either begins
                gate.wait(10)
                try:
                    answers[index] = retrying(partial(work, env), env)
                except UserError as error:
                    answers[index] = error

        threads = [
            threading.Thread(target=run, args=(index, work)) for index, work in enumerate(works)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return answers
