from pathlib import Path

import pytest

from constnet.errors import UsageError
from constnet.export.naming import c_string, choose_prefix, rust_string


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("gauss.c", "gauss"), ("my net-2.c", "my_net_2"), ("int.c", "net_int"), ("é.h", "n")],
)
def test_prefix_is_made_of_the_file_name(name, prefix):
    assert choose_prefix(None, Path(name)) == prefix


@pytest.mark.parametrize(
    ("prefix", "problem"),
    [
        ("a b", "is not an identifier"),
        ("_a", "is not an identifier"),
        ("2a", "is not an identifier"),
        ("a;system", "is not an identifier"),
        ("", "is not an identifier"),
        ("class", "a word that C, C\\+\\+ or Rust keeps"),
        ("match", "a word that C, C\\+\\+ or Rust keeps"),
        ("cn", "constnet's own macros"),
        ("a" * 41, "has 41 characters"),
    ],
)
def test_bad_prefix_is_refused(prefix, problem):
    with pytest.raises(UsageError, match=problem):
        choose_prefix(prefix, Path("net.c"))


def test_strings_cannot_be_ended_from_inside():
    assert c_string('a"b\\') == '"a\\042b\\134"'
    assert c_string("??/1") == '"\\077\\077/1"'
    assert c_string("é") == '"\\303\\251"'
    assert rust_string('a"é') == '"a\\u{22}\\u{e9}"'
