"""Papers for the tests of the layout."""

import datetime
import io

from PIL import Image, ImageDraw

from ..gb9704 import Paper

ISSUER = "新城街道办事处"
SENTENCE = "经研究，现将有关要求通知如下，请认真贯彻执行，确保各项工作落到实处取得实效，不得有误。"


def seal_png(size=400):
    """A ring, as seals are."""
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((4, 4, size - 4, size - 4), outline=(220, 0, 18, 255), width=12)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def paper(form="document", paragraphs=3, **values):
    """A document of about a page and more paragraphs of four lines each."""
    marks = {"document": ISSUER + "文件", "letter": ISSUER, "minutes": ISSUER + "会议纪要"}
    standard = {
        "title": "新城街道办事处关于进一步做好汛期防灾减灾救灾各项工作的通知",
        "body": [
            "一、提高认识", "（一）落实责任。主要负责同志要靠前指挥。", *[SENTENCE * 4] * paragraphs
        ],
        "issuer": ISSUER,
        "mark": marks[form],
        "number": "新办发〔2026〕12号",
        "date": datetime.date(2026, 7, 9),
        "form": form,
        "main_to": "各村（社区）",
        "sealed": form != "minutes",
        "seals": [seal_png()],
    }
    return Paper(**{**standard, **values})
