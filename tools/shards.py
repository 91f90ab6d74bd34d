"""Which tests run where: cuts the suite's tests into shards of about equal length."""

import ast
import re

from tools import paths


def test_classes(addon):
    """{class name: number of lines} of the classes in an addon's test files."""
    found = {}
    for path in sorted((paths.ADDONS / addon / "tests").glob("test_*.py")):
        try:
            tree = ast.parse(path.read_text())
        except SyntaxError:
            continue
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                lines = node.end_lineno - node.lineno + 1
                text = ast.unparse(node)
                # a browser test takes far longer than its lines tell
                browser = "start_tour" in text or "browser_js" in text
                found[node.name] = lines * 6 if browser else lines
    return found


def balanced(addons, count):
    """Test tags for `count` shards. The last one takes whatever the others do not name, so that
    no test can be left out."""
    weights = {(a, c): w for a in addons for c, w in test_classes(a).items()}
    everything = ",".join(f"/{a}" for a in addons)
    if len(weights) < 2 or count < 2:
        return [everything]
    shards = [[0, []] for _ in range(count)]
    for key in sorted(weights, key=lambda k: (-weights[k], k)):
        lightest = min(shards, key=lambda shard: shard[0])
        lightest[0] += weights[key]
        lightest[1].append(key)
    named = [",".join(f"/{a}:{c}" for a, c in keys) for _weight, keys in shards[:-1] if keys]
    rest = everything + "," + ",".join("-" + tag for tags in named for tag in tags.split(","))
    return [*named, rest]


def needs_browser(addons, tags):
    """Whether tests that open pages are likely among those chosen: Odoo compiles for them."""
    classes = set(re.findall(r":(\w+)", tags or ""))
    for addon in addons:
        for path in (paths.ADDONS / addon / "tests").glob("*.py"):
            text = path.read_text(errors="replace")
            if "HttpCase" not in text:
                continue
            if not classes or any(re.search(rf"class {name}\b", text) for name in classes):
                return True
    return False
