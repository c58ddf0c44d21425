"""Builds docs/api from the docstrings of what the public packages export.

python scripts/build_api_reference.py            write the pages
python scripts/build_api_reference.py --check    exit with 1 if a page is out of date
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "api"
MODULES = (
    "constnet",
    "constnet.nn",
    "constnet.ops",
    "constnet.losses",
    "constnet.metrics",
    "constnet.optim",
    "constnet.data",
    "constnet.train.callbacks",
    "constnet.export",
    "constnet.errors",
    "constnet.testing",
)
_SECTION = re.compile(
    r"^(Formula|Args|Attributes|Shape|Returns|Yields|Raises|Example|Examples|Source|Note):\s*$"
)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_QUOTED = re.compile(r"(: |-> )(['\"])(.*?)\2(?=[,)=]| =|$)")


def public_names(module: ModuleType) -> list[str]:
    """What the module exports, in its own order; of a module without `__all__`, its classes."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__
    ]


def signature(name: str, value: object) -> str:
    """`name(arguments)` for a class or function, the name alone for anything else."""
    if not callable(value):
        return name
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):
        return name
    plain = _QUOTED.sub(r"\1\3", _ADDRESS.sub("", text)).replace("= <factory>", "= ...")
    plain = plain.replace("(self, ", "(").replace("(self)", "()").replace("(cls, ", "(")
    return f"{name}{plain.removesuffix(' -> None')}"


def markdown(docstring: str) -> str:
    """A Google docstring as Markdown: section names bold, their bodies as code where aligned."""
    lines: list[str] = []
    in_section = False
    for line in inspect.cleandoc(docstring).splitlines():
        found = _SECTION.match(line)
        if found:
            lines = _trim([*lines, *_close(in_section)])
            lines += ["", f"**{found[1]}**", "", "```text"]
            in_section = True
        elif in_section and line and not line.startswith(" "):
            lines = [*_trim([*lines, "```"]), "", line]
            in_section = False
        else:
            lines.append(line[4:] if in_section else line)
    return "\n".join(_trim(lines) + _close(in_section))


def _close(in_section: bool) -> list[str]:
    return ["```"] if in_section else []


def _trim(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines.pop()
    kept: list[str] = []
    for line in lines:
        if line == "```":
            while kept and not kept[-1].strip():
                kept.pop()
        kept.append(line)
    return kept


def entry(name: str, value: object) -> str:
    """The heading, signature and documentation of one exported thing."""
    documentation = inspect.getdoc(value) if _is_documented(value) else None
    parts = [f"## {name}"]
    if callable(value):
        parts.append(f"```python\n{signature(name, value)}\n```")
    if documentation:
        parts.append(markdown(documentation))
    if inspect.isclass(value):
        parts += _methods(value)
    return "\n\n".join(parts)


def _is_documented(value: object) -> bool:
    """Constants inherit their type's docstring, which says nothing about them."""
    return inspect.isclass(value) or inspect.isroutine(value) or isinstance(value, ModuleType)


def _methods(cls: type) -> list[str]:
    parts = []
    for name, member in vars(cls).items():
        function = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        if name.startswith("_") or not (inspect.isfunction(function) or _is_property(function)):
            continue
        documentation = inspect.getdoc(function) or ""
        if isinstance(function, property):
            parts.append(f"### {cls.__name__}.{name}\n\n{markdown(documentation)}".rstrip())
        else:
            head = signature(name, function)
            parts.append(
                f"### {cls.__name__}.{name}\n\n```python\n{head}\n```\n\n"
                f"{markdown(documentation)}".rstrip()
            )
    return parts


def _is_property(value: object) -> bool:
    return isinstance(value, property)


def page(module_name: str) -> str:
    """The whole page of one module."""
    module = importlib.import_module(module_name)
    head = f"# {module_name}\n\n<!-- Built by scripts/build_api_reference.py; do not edit. -->\n\n"
    parts = [markdown(module.__doc__ or "")]
    for name in public_names(module):
        value = getattr(module, name)
        if isinstance(value, ModuleType):
            parts.append(f"## {name}\n\nThe module `{value.__name__}`.")
        else:
            parts.append(entry(name, value))
    return head + "\n\n".join(parts) + "\n"


def pages() -> dict[Path, str]:
    """Every page by its path, with an index."""
    built = {PAGES / f"{name}.md": page(name) for name in MODULES}
    listing = "\n".join(f"- [{name}]({name}.md)" for name in MODULES)
    built[PAGES / "README.md"] = (
        "# API reference\n\n<!-- Built by scripts/build_api_reference.py; do not edit. -->\n\n"
        f"{listing}\n"
    )
    return built


def main() -> int:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description="Builds docs/api from docstrings.")
    parser.add_argument("--check", action="store_true", help="only say which pages are out of date")
    is_check = parser.parse_args().check
    PAGES.mkdir(parents=True, exist_ok=True)
    stale = []
    for path, text in pages().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not is_check:
                path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'out of date' if is_check else 'wrote'}: {path.relative_to(ROOT)}")
    return 1 if stale and is_check else 0


if __name__ == "__main__":
    sys.exit(main())
