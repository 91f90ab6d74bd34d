"""Tables as spreadsheets (xlsx): one sheet with a title, a heading and rows."""

import io

import xlsxwriter


def make(title, columns, rows) -> bytes:
    """An xlsx file of one sheet: a title, a heading and the rows.

    :param columns: list of (heading, width in characters)
    :param rows: iterable of lists of text, number, ``datetime`` or None; a text that begins like
        a formula stays a text
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "remove_timezone": True}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        head = book.add_format({"bold": True, "border": 1, "bg_color": "#E8EEF4",
                                "text_wrap": True, "valign": "vcenter"})
        cell = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        time = book.add_format({"border": 1, "num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
        sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
        for number, (name, width) in enumerate(columns):
            sheet.set_column(number, number, width)
            sheet.write_string(2, number, name, head)
        sheet.freeze_panes(3, 1)
        for line, values in enumerate(rows, 3):
            for number, value in enumerate(values):
                if value is None or value is False:
                    sheet.write_blank(line, number, None, cell)
                elif isinstance(value, str):
                    sheet.write_string(line, number, value[:32767], cell)
                elif hasattr(value, "isoformat"):
                    sheet.write_datetime(line, number, value, time)
                else:
                    sheet.write_number(line, number, value, cell)
    return out.getvalue()
