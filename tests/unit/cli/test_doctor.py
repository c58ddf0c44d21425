from constnet.cli import doctor
from constnet.runtime import toolchain


def test_everything_asked_for_is_named(run):
    code, text = run("doctor")
    assert code == 0
    for word in ("python", "compiler", "threads", "devices", "target c99", "cache", "extra"):
        assert word in text


def test_a_missing_compiler_says_its_cost(monkeypatch):
    monkeypatch.delenv("CONSTNET_CC", raising=False)
    monkeypatch.setattr(toolchain, "find_compilers", list)
    rows = dict(doctor._compilers())
    assert "reference engine" in rows["compiler"]
    assert "pip install 'constnet[zig]'" in rows["compiler"]


def test_a_cache_that_is_not_there_yet(monkeypatch, tmp_path):
    monkeypatch.setenv("CONSTNET_CACHE", str(tmp_path / "none"))
    assert "made at the first fit" in doctor._cache()[0][1]
    monkeypatch.setenv("CONSTNET_CACHE", str(tmp_path))
    assert "0 programs" in doctor._cache()[0][1]


def test_a_missing_extra_says_its_cost(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "missing: no reading images. pip install 'constnet[data]'" in {
        detail: name for name, detail in doctor._extras()
    }


def test_brackets_reach_the_reader(monkeypatch, run):
    monkeypatch.setattr(
        doctor, "_extras", lambda: [("extra x", "missing. pip install 'constnet[plot]'")]
    )
    assert "constnet[plot]" in run("doctor")[1]
