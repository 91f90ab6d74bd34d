"""The registry of cameras as a sheet (xlsx): template, export, and reading it back.

Knows nothing of Odoo. Its words are Chinese, for it is a form of the office.
"""

import io
import math
import zipfile
from datetime import date, datetime
from typing import NamedTuple

import openpyxl
import xlsxwriter

MAX_ROWS = 20_000
MAX_COLUMNS = 40
#: Bytes of the sheet unpacked: 20,000 full lines need about 30 MB.
MAX_UNPACKED = 100 * 2**20
SHEET = "摄像头"


class Column(NamedTuple):
    """A column: field name, heading, what to enter, an example, width, and its kind."""

    name: str
    title: str
    help: str
    example: str
    width: int = 14
    kind: str = "text"
    required: bool = False


KINDS = {
    "security": "治安",
    "sanitation": "环境卫生",
    "petition": "信访维稳",
    "flood": "防汛预警",
}
TRANSPORTS = {"tcp": "TCP", "udp": "UDP", "http": "HTTP", "file": "文件"}

COLUMNS = (
    Column("gb_code", "国标编码", "GB/T 28181，20 位数字；已有的编码表示更新该摄像头",
           "61090200011310000007", 24, required=True),
    Column("name", "名称", "摄像头名称", "北门路口东侧", 24, required=True),
    Column("area_code", "区域编码", "所在村、社区（12 位）或网格（15 位）的编码",
           "610902001001", 18, required=True),
    Column("kind", "类别", "、".join(KINDS.values()), "治安", 12, "kind", required=True),
    Column("place", "安装位置", "路口、立杆、楼层等文字说明", "北门路与江南路路口东侧立杆", 30),
    Column("latitude", "纬度", "WGS-84，十进制度", "32.690000", 12, "latitude"),
    Column("longitude", "经度", "WGS-84，十进制度", "109.033290", 12, "longitude"),
    Column("heading", "朝向", "正北为 0，顺时针，0–359", "90", 8, "heading"),
    Column("view_angle", "视角", "水平视角，1–360 度", "90", 8, "angle"),
    Column("groups", "分组", "多个用顿号隔开；没有的分组会新建", "路口、学校周边", 20),
    Column("main_address", "主码流地址", "rtsp:// 开头；写在地址里的账号会被取出并加密",
           "rtsp://10.1.2.3:554/main", 34),
    Column("sub_address", "子码流地址", "用于分析的小画面，可空", "rtsp://10.1.2.3:554/sub", 34),
    Column("username", "用户名", "只写入，不导出", "", 12),
    Column("password", "密码", "只写入，不导出；空白表示不变", "", 12),
    Column("transport", "传输方式", "、".join(TRANSPORTS.values()), "TCP", 10, "transport"),
    Column("gateway_path", "网关路径", "媒体网关上的名称，默认为国标编码", "", 24),
    Column("pixelate", "人像打码", "是、否", "否", 10, "yes"),
    Column("sign_posted", "提示标识", "已设置提示标识：是、否", "是", 10, "yes"),
    Column("filed_with_police_at", "公安备案日期", "如 2026-03-01", "2026-03-01", 14, "date"),
    Column("filing_number", "备案编号", "", "", 18),
    Column("note", "备注", "", "", 24),
)
SECRETS = ("username", "password")
YES = {"是": True, "否": False, "1": True, "0": False, "true": True, "false": False}


class SheetError(ValueError):
    """The file is no such sheet; ``code`` is file, empty, columns, headings or rows."""

    def __init__(self, code, detail=""):
        super().__init__(code)
        self.code = code
        self.detail = detail


class Problem(NamedTuple):
    """What is wrong in a line of the sheet. ``code`` says what, ``value`` what was found."""

    row: int
    column: str
    code: str
    value: str = ""


def template():
    """Content of an empty sheet with headings, explanations and one example."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = _sheet(book)
        note = book.add_format({"italic": True, "font_color": "#777777", "text_wrap": True})
        text = book.add_format({"num_format": "@", "font_color": "#777777"})
        for index, column in enumerate(COLUMNS):
            sheet.write_string(1, index, f"说明：{column.help}" if not index else column.help, note)
            sheet.write_string(2, index, f"示例：{column.example}" if not index
                               else column.example, text)
        sheet.set_row(1, 48)
    return out.getvalue()


def write(rows):
    """Content of a sheet with these cameras.

    :param rows: dicts by field name; secrets in them are left out
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "constant_memory": False}) as book:
        sheet = _sheet(book)
        for number, row in enumerate(rows, 1):
            for index, column in enumerate(COLUMNS):
                if column.name in SECRETS:
                    continue
                shown = _shown(column, row.get(column.name))
                if shown != "":
                    sheet.write_string(number, index, shown)
    return out.getvalue()


def _sheet(book):
    sheet = book.add_worksheet(SHEET)
    head = book.add_format({"bold": True, "bg_color": "#DDE7F3", "border": 1})
    must = book.add_format({"bold": True, "bg_color": "#F7D9D5", "border": 1})
    plain = book.add_format({"num_format": "@"})
    for index, column in enumerate(COLUMNS):
        sheet.set_column(index, index, column.width, plain)
        title = column.title + ("*" if column.required else "")
        sheet.write_string(0, index, title, must if column.required else head)
    sheet.freeze_panes(1, 2)
    kind = next(i for i, column in enumerate(COLUMNS) if column.kind == "kind")
    sheet.data_validation(1, kind, MAX_ROWS, kind, {
        "validate": "list", "source": list(KINDS.values()), "ignore_blank": True,
        "error_type": "warning",
    })
    return sheet


def _shown(column, value):
    if value is None or (value is False and column.kind != "yes"):
        return ""
    if column.kind == "yes":
        return "是" if value else "否"
    if column.kind == "kind":
        return KINDS.get(value, "")
    if column.kind == "transport":
        return TRANSPORTS.get(value, "")
    if column.kind in ("latitude", "longitude"):
        return f"{value:.6f}" if value else ""
    if column.kind == "date":
        return value.isoformat()
    return str(value)


def read(data):
    """Read a sheet.

    :param bytes data: content of an xlsx file
    :return: (rows, problems): dicts by field name with ``row``, the line's number in the sheet;
        a column that the sheet does not have is not in the dicts, an empty cell is None
    :raise SheetError: it is no such sheet at all
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED:
                raise SheetError("file")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        lines = book.worksheets[0].iter_rows(max_col=MAX_COLUMNS, values_only=True)
        head = next(lines, None)
    except Exception as error:  # openpyxl raises whatever its parsers do
        raise SheetError("file") from error
    names = _headings(head)
    rows, problems = [], []
    for number, line in enumerate(lines, 2):
        if number > MAX_ROWS + 1:
            raise SheetError("rows", str(MAX_ROWS))
        cells = {
            name: None if value is None or str(value).strip() == "" else value
            for name, value in zip(names, line, strict=False)
            if name
        }
        first = str(cells.get("gb_code") or "").strip()
        if not any(value is not None for value in cells.values()) or first.startswith(
            ("说明：", "示例：")
        ):
            continue
        row, wrong = _row(number, cells)
        rows.append(row)
        problems += wrong
    book.close()
    if not rows:
        raise SheetError("empty")
    return rows, problems


def _headings(head):
    titles = {column.title: column.name for column in COLUMNS}
    names, unknown = [], []
    for cell in head or ():
        title = str(cell or "").strip().rstrip("*＊").strip()
        if title and title not in titles:
            unknown.append(title)
        names.append(titles.get(title))
    if unknown:
        raise SheetError("headings", "、".join(unknown))
    missing = [c.title for c in COLUMNS if c.required and c.name not in names]
    if missing:
        raise SheetError("columns", "、".join(missing))
    repeated = [c.title for c in COLUMNS if names.count(c.name) > 1]
    if repeated:
        raise SheetError("headings", "、".join(repeated))
    return names


def _row(number, cells):
    row, problems = {"row": number}, []
    for column in COLUMNS:
        if column.name not in cells:
            continue
        value = cells[column.name]
        if value is None:
            row[column.name] = None
            if column.required:
                problems.append(Problem(number, column.title, "missing"))
            continue
        try:
            row[column.name] = _value(column, value)
        except ValueError as error:
            row[column.name] = None
            shown = "" if column.name in SECRETS else str(value)[:60]
            problems.append(Problem(number, column.title, str(error), shown))
    return row, problems


def _value(column, value):
    if column.kind == "date":
        return _date(value)
    if column.kind in ("latitude", "longitude"):
        limit = 90 if column.kind == "latitude" else 180
        return _number(value, -limit, limit)
    if column.kind == "heading":
        return _whole(_number(value, 0, 359))
    if column.kind == "angle":
        return _whole(_number(value, 1, 360))
    text = _text(value)
    if column.kind == "kind":
        return _choice(text, KINDS)
    if column.kind == "transport":
        return _choice(text.upper(), TRANSPORTS)
    if column.kind == "yes":
        if text.lower() not in YES:
            raise ValueError("yes")
        return YES[text.lower()]
    if column.name == "gb_code" and not isinstance(value, str):
        raise ValueError("number_code")  # Excel keeps 15 digits of a number
    if len(text) > 1000:
        raise ValueError("long")
    return text


def _text(value):
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _choice(text, choices):
    for key, label in choices.items():
        if text in (label, key):
            return key
    raise ValueError("choice")


def _number(value, least, most):
    if isinstance(value, bool):
        raise ValueError("number")
    try:
        number = float(str(value).strip())
    except ValueError:
        raise ValueError("number") from None
    if not math.isfinite(number) or not least <= number <= most:
        raise ValueError("range")
    return number


def _whole(number):
    if not number.is_integer():
        raise ValueError("number")
    return int(number)


def _date(value):
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"):
        try:
            return datetime.strptime(str(value).strip(), pattern).date()
        except ValueError:
            continue
    raise ValueError("date")
