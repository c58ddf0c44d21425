from types import SimpleNamespace

from constnet import nn
from constnet.export.banner import banner, read_settings
from constnet.export.network import trace_network


def test_banner_says_what_it_is_and_reads_back(model):
    lines = banner(trace_network(model, numerics="exact"), "net", {"form": "pair"})
    text = "\n".join(lines)
    assert ["layers.1", "Dense", "(8,)", "24"] in [line.split() for line in lines]
    assert "104 multiply-adds a call, batch 1" in text
    assert "every operation rounds on its own" in text
    settings = read_settings("\n".join(f" * {line}" for line in lines))
    assert settings == {
        "prefix": "net", "numerics": "exact", "batch": "1", "inputs": "float32",
        "signature": "float32[2]->float32[3]",
        "arena_bytes": settings["arena_bytes"], "form": "pair",
    }  # fmt: skip


def test_folded_factors_are_told_in_lines_of_100_columns():
    layers = [layer for _ in range(12) for layer in (nn.Conv2D(2, 1), nn.BatchNorm())]
    net = nn.Sequential(*layers)
    net.build((2, 2, 1))
    net.initialize(0)
    lines = banner(trace_network(SimpleNamespace(net=net), numerics="exact"), "net", {})
    first = next(number for number, line in enumerate(lines) if line.startswith("folded     the"))
    text = " ".join(line.strip() for line in lines[first : first + 3])
    assert "factors of layers.1, layers.3, " in text
    assert "layers.23 are in the weights before them; bits are those of that network" in text
    assert max(len(line) for line in lines[first : first + 3]) <= 100


def test_other_text_has_no_settings():
    assert read_settings("int main(void) {}\n// constnet is a library\n") == {}
