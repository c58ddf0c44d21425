"""Prints the stages of the tiny model into docs/architecture.md.

python scripts/build_architecture.py            write
python scripts/build_architecture.py --check    exit with 1 if the page is out of date
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import constnet as cn
from constnet import nn
from constnet.cli.stages import stage_text

PAGE = Path(__file__).resolve().parent.parent / "docs" / "architecture.md"
MARK = re.compile(r"(<!-- stage: (\w+) -->\n)(?:```text\n.*?^```\n)?", re.MULTILINE | re.DOTALL)
SHOWN_KERNEL = "relu"


def stages() -> dict[str, str]:
    """The text of each stage; of the C, one kernel."""
    net = nn.Sequential(nn.Dense(2, 3), nn.ReLU(), nn.Dense(3, 1))
    model = cn.Model(net, numerics="exact")
    model.build_for([(2,)])
    source = stage_text(model, "c")
    kernel = re.search(
        rf"^static void \w*{SHOWN_KERNEL}\w*\(.*?^}}", source, re.MULTILINE | re.DOTALL
    )
    assert kernel is not None
    return {
        "graph": stage_text(model, "graph"),
        "loops": stage_text(model, "loops"),
        "c": kernel[0],
    }


def built() -> str:
    """The page with its stages as they are now."""
    texts = stages()
    return MARK.sub(
        lambda found: f"{found[1]}```text\n{texts[found[2]].strip()}\n```\n",
        PAGE.read_text(encoding="utf-8"),
    )


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description="Updates docs/architecture.md.")
    parser.add_argument("--check", action="store_true", help="only say whether it is out of date")
    is_check = parser.parse_args().check
    text = built()
    is_stale = text != PAGE.read_text(encoding="utf-8")
    if is_stale and not is_check:
        PAGE.write_text(text, encoding="utf-8")
    if is_stale:
        print("out of date: docs/architecture.md" if is_check else "wrote: docs/architecture.md")
    return 1 if is_stale and is_check else 0


if __name__ == "__main__":
    sys.exit(main())
