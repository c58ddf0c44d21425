import pytest

from constnet.errors import UsageError
from constnet.lowering.target import PORTABLE
from constnet.runtime import host


@pytest.fixture(autouse=True)
def own_setting(monkeypatch):
    monkeypatch.setattr(host, "_threads", None)
    monkeypatch.delenv("CONSTNET_THREADS", raising=False)


@pytest.mark.parametrize("count", [0, -1, 1.5, "2"])
def test_set_threads_refuses_what_is_no_count(count):
    with pytest.raises(UsageError, match=r"set_threads\(.*whole number from 1"):
        host.set_threads(count)


@pytest.mark.parametrize("given", ["0", "-2", "two", "1.5", "", "\u00b2", "99999"])
def test_environment_refuses_what_is_no_count(monkeypatch, given):
    monkeypatch.setenv("CONSTNET_THREADS", given)
    with pytest.raises(UsageError, match=f"CONSTNET_THREADS is '{given}'"):
        host.threads()


def test_setting_goes_before_environment_before_cores(monkeypatch):
    assert host.threads() == host.available_cores()
    monkeypatch.setenv("CONSTNET_THREADS", "3")
    assert host.threads() == 3
    host.set_threads(5)
    assert host.threads() == 5
    host.set_threads(None)
    assert host.threads() == 3


def test_host_is_what_this_machine_can_do():
    target = host.host_target()
    assert target.vector_bytes in (0, 16, 32, 64)
    assert target.registers >= 16
    assert target.cores == host.available_cores() >= 1
    assert 0 < target.l1 <= target.l2


@pytest.mark.parametrize(
    ("machine", "features", "expected"),
    [
        ("x86_64", {"avx512f", "avx2", "fma"}, (64, 32, True)),
        ("x86_64", {"avx2", "fma"}, (32, 16, True)),
        ("AMD64", {"avx2"}, (16, 16, False)),
        ("aarch64", set(), (16, 32, True)),
        ("riscv64", set(), (0, 16, False)),
    ],
)
def test_features_decide_the_target(monkeypatch, machine, features, expected):
    monkeypatch.setattr(host.platform, "machine", lambda: machine)
    monkeypatch.setattr(host, "_features", lambda: frozenset(features))
    target = host.host_target.__wrapped__()
    assert (target.vector_bytes, target.registers, target.fma) == expected


def test_narrower_keeps_all_but_the_vectors():
    wide = host.host_target()
    short = host.narrower(wide, 16)
    assert (short.vector_bytes, short.registers) == (16, 16)
    assert (short.fma, short.cores, short.l2) == (wide.fma, wide.cores, wide.l2)
    assert host.narrower(wide, 64).registers == 32
    assert host.narrower(PORTABLE, 0) == host.narrower(PORTABLE, 0)
