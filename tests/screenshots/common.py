"""What every part of the pictures needs: a browser, a log-in, small files, papers to show."""

import io
from pathlib import Path

import yaml
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from playwright.sync_api import sync_playwright

from tools import machine

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGES = ROOT / "docs" / "images"
LIMIT = 200_000  # bytes a picture
WIDTH = {"phone": 390, "desktop": 1200}  # pixels of the picture in docs/
SIZE = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1366, "height": 900},
}
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)


class Shots:
    """A browser for one part; `with Shots("resident", base) as shots`."""

    def __init__(self, part, base):
        self.part, self.base = part, base.rstrip("/")

    def __enter__(self):
        self._driver = sync_playwright().start()
        self._browser = self._driver.chromium.launch(
            executable_path=machine.browser(), args=["--no-sandbox", "--lang=zh-CN"]
        )
        return self

    def __exit__(self, *failure):
        self._browser.close()
        self._driver.stop()

    def open(self, kind="phone", login=None, elder=False):
        """A page of its own browser context: kind phone or desktop, logged in if asked."""
        context = self._browser.new_context(
            base_url=self.base, viewport=SIZE[kind], locale="zh-CN", timezone_id="Asia/Shanghai",
            has_touch=kind == "phone", is_mobile=kind == "phone", reduced_motion="reduce",
            device_scale_factor=2 if kind == "phone" else 1,
        )
        if elder:
            context.add_cookies([{"name": "yst_elder", "value": "1", "url": self.base}])
        page = context.new_page()
        page.set_default_timeout(30_000)
        if login:
            self.log_in(page, login)
        return page

    def log_in(self, page, login):
        """Logs in as one of the sample users; afterwards the page is where they start."""
        page.goto("/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password_of(login))
        page.click(".oe_login_form button[type=submit], form button[type=submit]:visible")
        page.wait_for_url(lambda url: "/web/login" not in url)

    def save(self, page, name, kind="phone", full_page=False, clip=None):
        """Writes docs/images/<part>-<name>.png, no wider than docs need and < 200 KB."""
        backend = "/odoo" in page.url  # it never falls silent: messages are listened for
        page.wait_for_load_state("load" if backend else "networkidle")
        page.wait_for_timeout(1500 if backend else 300)
        data = page.screenshot(full_page=full_page, clip=clip)
        IMAGES.mkdir(parents=True, exist_ok=True)
        path = IMAGES / f"{self.part}-{name}.png"
        path.write_bytes(shrink(data, WIDTH[kind]))
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1000} KB")  # noqa: T201


def password_of(login):
    """Password of a sample user, from data/sample_users.yaml."""
    users = yaml.safe_load((ROOT / "data" / "sample_users.yaml").read_text("utf-8"))
    return next(user["password"] for user in users if user["login"] == login)


def shrink(data, width):
    """The picture no wider than `width` pixels and below the limit: fewer colours, then fewer
    pixels."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    while True:
        if image.width > width:
            image = image.resize(
                (width, round(image.height * width / image.width)), Image.Resampling.LANCZOS
            )
        for colours in (256, 64):
            small = io.BytesIO()
            image.quantize(colours, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
            if small.tell() < LIMIT:
                return small.getvalue()
        width = round(width * 0.85)


def paper_photo(title, lines=(), blurred=False, kind="JPEG", size=(1500, 2000)):
    """A photo of a sheet on a table (bytes): a made-up sample, marked 样例 on the sheet.

    kind: JPEG, PNG or HEIF.
    """
    width, height = size
    table = Image.effect_noise(size, 18).convert("L")
    photo = Image.merge("RGB", [table.point(lambda v, k=k: int(v * k)) for k in (0.8, 0.62, 0.45)])
    sheet = Image.new("RGB", (int(width * 0.8), int(height * 0.8)), "#f7f5ef")
    draw = ImageDraw.Draw(sheet)
    font = next((path for path in FONTS if Path(path).exists()), None)
    big, text = (
        (ImageFont.truetype(font, s) if font else ImageFont.load_default(s)) for s in (76, 44)
    )
    draw.text((sheet.width / 2, 170), title, "#222", big, anchor="mm")
    for number, line in enumerate([*lines, *["（样例，仅供演示） 样例文字 0123456789"] * 12]):
        draw.text((110, 320 + number * 86), line, "#333", text)
    for stroke in range(2):
        draw.rectangle((20 + stroke, 20 + stroke, sheet.width - 20, sheet.height - 20),
                       outline="#888")
    mask = Image.new("L", sheet.size, 255).rotate(3, expand=True)
    photo.paste(sheet.rotate(3, expand=True, resample=Image.Resampling.BICUBIC),
                (int(width * 0.08), int(height * 0.08)), mask)
    if blurred:
        photo = photo.filter(ImageFilter.GaussianBlur(14))
    data = io.BytesIO()
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    photo.save(data, kind, quality=88)
    return data.getvalue()


def file_of(data, name="photo.jpg", mimetype="image/jpeg"):
    """For page.set_input_files."""
    return {"name": name, "mimeType": mimetype, "buffer": data}
