"""Names in artefacts: nothing a user or a model file wrote reaches a compiler unchecked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constnet.errors import UsageError
from constnet.targets.c99 import spelling as c_spelling
from constnet.targets.rust import spelling as rust_spelling

if TYPE_CHECKING:
    from pathlib import PurePath

MAX_PREFIX = 40
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN = ("CN_", "CONSTNET_")


def choose_prefix(prefix: str | None, path: PurePath) -> str:
    """The prefix of all names in an artefact: the one given, or one made of the file's name.

    Raises:
        UsageError: the given prefix is not an identifier, too long, or a word of C, C++ or Rust.
    """
    if prefix is None:
        made = c_spelling.identifier(path.stem)[:MAX_PREFIX]
        return made if _problem(made) is None else f"net_{made}"[:MAX_PREFIX]
    problem = _problem(prefix)
    if problem is not None:
        message = (
            f"prefix={prefix!r} {problem}. Use letters, digits and underscores, beginning with a "
            f"letter, at most {MAX_PREFIX}; for example 'net'."
        )
        raise UsageError(message)
    return prefix


def _problem(prefix: str) -> str | None:
    if not _PREFIX.fullmatch(prefix):
        return "is not an identifier"
    if len(prefix) > MAX_PREFIX:
        return f"has {len(prefix)} characters"
    if prefix in c_spelling.KEYWORDS or prefix in rust_spelling.KEYWORDS:
        return "is a word that C, C++ or Rust keeps for itself"
    if f"{prefix}_".upper().startswith(_TAKEN):
        return "is a name that constnet's own macros begin with"
    return None


def c_string(text: str) -> str:
    """A C string literal of the UTF-8 bytes of `text`; octal escapes cannot run into digits."""
    parts: list[str] = []
    for byte in text.encode("utf-8"):
        character = chr(byte)
        plain = character.isascii() and (character.isalnum() or character in " _-+.,:;/()[]=<>")
        parts.append(character if plain else f"\\{byte:03o}")
    return f'"{"".join(parts)}"'


def rust_string(text: str) -> str:
    """A Rust string literal of `text`."""
    parts: list[str] = []
    for character in text:
        plain = character.isascii() and (character.isalnum() or character in " _-+.,:;/()[]=<>")
        parts.append(character if plain else f"\\u{{{ord(character):x}}}")
    return f'"{"".join(parts)}"'
