"""./yst lint: style, views, manifests, translations."""

import subprocess

from tools import console, paths, setup


def problems():
    """Everything that lint has to say, one text each."""
    found = []
    log = console.new_log("lint")
    with console.step("Lint"):
        done = subprocess.run(
            [paths.VENV / "bin" / "ruff", "check", "--output-format=concise", "--no-cache", "."],
            capture_output=True, text=True, cwd=paths.ROOT, check=False,
        )
        log.write_text(done.stdout + done.stderr)
        if done.returncode:
            found += [line for line in done.stdout.splitlines() if line.count(":") >= 3]
            found = found or [done.stderr.strip()]
    return found


def main(_options):
    setup.ensure(tests=True)
    found = problems()
    for line in found:
        console.say(console.red(f"✗ {line}"))
    console.say(f"{len(found)} problems")
    return 1 if found else 0
