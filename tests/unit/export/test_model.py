from types import SimpleNamespace

import pytest

from constnet import nn
from constnet.errors import UnsupportedError, UsageError
from constnet.export import export_model


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("net.c", ["net.c", "net.h"]),
        ("net.h", ["net.h"]),
        ("net.rs", ["net.rs"]),
        ("crate", ["Cargo.toml", "lib.rs"]),
    ],
)
def test_files_follow_from_the_path(model, name, written, tmp_path):
    files = export_model(model, tmp_path / name)
    assert [path.name for path in files] == written
    assert all(path.is_file() for path in files)


def test_export_is_deterministic(model, tmp_path):
    texts = set()
    for _ in range(2):
        export_model(model, tmp_path / "net.c", self_test=True)
        texts.add((tmp_path / "net.c").read_text())
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("net.py", {}, r"'net\.py' says no language"),
        ("net.c", {"language": "cobol"}, "language='cobol' says no language"),
        ("net.rs", {"language": "c"}, "no name for C99"),
        ("net.c", {"numerics": "fast"}, "numerics='fast' is not one of 'fma', 'exact'"),
        ("net.c", {"arena": "heap"}, "arena='heap' is not one of 'static', 'caller'"),
        ("net.c", {"prefix": "a b"}, "prefix='a b' is not an identifier"),
    ],
)
def test_arguments_that_do_not_fit_write_nothing(model, name, options, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        export_model(model, tmp_path / name, **options)
    assert not list(tmp_path.iterdir())


def test_float64_fma_has_no_const_fn(tmp_path):
    net = nn.Sequential(nn.Dense(2, 1))
    net.build((2,))
    net.initialize(0, "float64")
    with pytest.raises(UnsupportedError, match="const fn has no float64 multiply-add"):
        export_model(SimpleNamespace(net=net), tmp_path / "net.rs", numerics="fma")
    export_model(SimpleNamespace(net=net), tmp_path / "net.rs", numerics="exact")


def test_rust_has_no_arena_to_be_given(model, tmp_path):
    with pytest.raises(UsageError, match="arena='caller' is for C"):
        export_model(model, tmp_path / "net.rs", arena="caller")
    assert not list(tmp_path.iterdir())
