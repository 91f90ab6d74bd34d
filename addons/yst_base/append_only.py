"""Tables to which lines are added and nothing else: the database itself refuses the rest."""

from odoo.tools import SQL


def refuse_changes(cr, table, words):
    """Let triggers refuse every UPDATE, DELETE and TRUNCATE of a table, whoever asks.

    :param str words: what cannot be changed, for the error of the database, in English
    """
    message = f"{table}: {words} cannot be changed".replace("'", "''")
    cr.execute(
        SQL(
            # the function's body is a text, in which no parameter can stand
            f"""
            CREATE OR REPLACE FUNCTION %(function)s() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION '{message}' USING ERRCODE = 'insufficient_privilege';
            END $$ LANGUAGE plpgsql;
            CREATE OR REPLACE TRIGGER %(rows)s
                BEFORE UPDATE OR DELETE ON %(table)s
                FOR EACH ROW EXECUTE FUNCTION %(function)s();
            CREATE OR REPLACE TRIGGER %(whole)s
                BEFORE TRUNCATE ON %(table)s
                FOR EACH STATEMENT EXECUTE FUNCTION %(function)s();
            """,
            table=SQL.identifier(table),
            function=SQL.identifier(f"{table}_refuse"),
            rows=SQL.identifier(f"{table}_append_only"),
            whole=SQL.identifier(f"{table}_no_truncate"),
        )
    )
