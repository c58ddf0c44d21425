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


def test_other_text_has_no_settings():
    assert read_settings("int main(void) {}\n// constnet is a library\n") == {}
