from dataclasses import dataclass

import pytest

from constnet.configurable import (
    Catalog,
    Configurable,
    require_bool,
    require_choice,
    require_number,
    require_whole,
)
from constnet.errors import FormatError, UsageError


@dataclass
class Knob(Configurable):
    size: float = 1.0
    marks: tuple[int, ...] = ()

    def __post_init__(self):
        require_number(self, "size", self.size, above=0, high=10)


@dataclass
class Panel(Configurable):
    inner: Knob


CATALOG = Catalog("knob", (Knob,), {"k": Knob})


def test_config_is_every_argument():
    config = Panel(Knob(2.0, (1, 2))).config()
    assert config == {"class": "Panel", "inner": {"class": "Knob", "size": 2.0, "marks": [1, 2]}}


def test_tuples_come_back():
    assert CATALOG.from_config({"class": "Knob", "size": 2, "marks": [1, 2]}).marks == (1, 2)


def test_get_resolves_objects_names_and_configs():
    knob = Knob()
    assert CATALOG.get(knob, Knob) is knob
    assert CATALOG.get("K", Knob) == CATALOG.get("Knob", Knob) == CATALOG.get(knob.config(), Knob)
    with pytest.raises(UsageError, match="no knob is called 'x'; there are: k, Knob"):
        CATALOG.get("x", Knob)
    with pytest.raises(UsageError, match="subclass of Knob"):
        CATALOG.get(None, Knob)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "names the knob None; known are: Knob"),
        ({"class": "Knob", "color": 1}, "does not know: color; it takes marks, size"),
        ({"class": "Knob", "size": -1}, "Knob in a file does not fit: .*above 0"),
    ],
)
def test_files_are_checked(config, message):
    with pytest.raises(FormatError, match=message):
        CATALOG.from_config(config)


@pytest.mark.parametrize("size", [0, 10.5, float("nan"), float("inf"), 10**400, True, "1", None])
def test_numbers_are_checked(size):
    with pytest.raises(UsageError, match="a finite number and at most 10 and above 0"):
        Knob(size)


def test_other_kinds_are_checked():
    owner = Knob()
    with pytest.raises(UsageError, match=r"Knob\(n=1.0\): n must be a whole number of at least 1"):
        require_whole(owner, "n", 1.0)
    with pytest.raises(UsageError, match=r"and at most 9"):
        require_whole(owner, "n", 10, high=9)
    with pytest.raises(UsageError, match=r"Knob\(on=1\): on must be True or False"):
        require_bool(owner, on=1)
    with pytest.raises(UsageError, match=r"Knob\(way='c'\): way must be one of 'a', 'b'"):
        require_choice(owner, "way", "c", ("a", "b"))
