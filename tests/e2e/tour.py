#!/usr/bin/env python3
"""tour.py - the README's first tour by hand works as it is printed, in both languages of the page.

    tests/e2e/tour.py [PROGRAM]

Takes the commands out of README.md and runs them in a new folder; only the port is another, since somebody
else may have it.
"""
import os
import pathlib
import re
import subprocess
import tempfile

from federation import Failure, ROOT, free_port, main


def tours(page):
    """The shell blocks of each tour, without the first, which builds the program."""
    for part in re.split(r"^## ", page, flags=re.M):
        blocks = re.findall(r"```sh\n(.*?)```", part, re.S)
        if any("donggui init" in block for block in blocks):
            yield [block for block in blocks if "cmake" not in block]


def script(blocks):
    text = "\n".join(blocks)
    text = text.replace("serve &", "serve & sleep 3").replace("7701", str(free_port()))
    return "set -e\nmkdir -p tour\n" + text.replace("kill %1 %2", "kill $(jobs -p)\nwait")


def test(program, _daemon, _options):
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    count = 0
    for blocks in tours(page):
        with tempfile.TemporaryDirectory(prefix="donggui-tour.") as folder:
            path = f"{pathlib.Path(program).resolve().parent}:{os.environ['PATH']}"
            env = dict(os.environ, PATH=path, DONGGUI_REGIMES=str(ROOT / "deploy" / "regimes"))
            done = subprocess.run(["bash", "-c", script(blocks)], cwd=folder, env=env, capture_output=True, text=True,
                                  timeout=120, check=False)
            if done.returncode != 0:
                raise Failure(f"the tour fails with exit {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        count += 1
    if count < 2:
        raise Failure(f"README.md has {count} tours, not one in each language")
    print(f"tour: {count} tours work as they are printed")


if __name__ == "__main__":
    main(test)
