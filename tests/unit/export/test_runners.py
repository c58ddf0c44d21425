import pytest

from constnet.errors import ToolchainError
from constnet.export import export_model, runners
from constnet.export.network import trace_network


def test_no_compiler_is_an_error_that_says_so(model, tmp_path, monkeypatch):
    network = trace_network(model, numerics="exact")
    monkeypatch.setattr(runners, "find_compiler", lambda: None)
    settings = {"form": "pair", "prefix": "net"}
    with pytest.raises(ToolchainError, match="no C compiler was found"):
        runners.build(tmp_path / "net.c", network, settings, tmp_path)


def test_no_rustc_is_an_error_that_says_so(model, tmp_path, monkeypatch):
    network = trace_network(model, numerics="exact")
    monkeypatch.setattr(runners.shutil, "which", lambda _: None)
    with pytest.raises(ToolchainError, match="no rustc was found"):
        runners.build(tmp_path / "net.rs", network, {"form": "rust", "prefix": "net"}, tmp_path)


def test_a_compiler_that_fails_is_quoted(model, tmp_path):
    network = trace_network(model, numerics="exact")
    source, _ = export_model(model, tmp_path / "net.c")
    source.write_text(source.read_text().replace("void net_predict", "voyd net_predict"))
    with pytest.raises(ToolchainError, match="voyd"):
        runners.build(source, network, {"form": "pair", "prefix": "net"}, tmp_path)
