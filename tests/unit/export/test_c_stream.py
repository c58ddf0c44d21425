"""The struct and the step as strangers use them: strict C99 and C++, no library, two streams."""

import subprocess
from types import SimpleNamespace

import numpy as np
import pytest

from constnet import nn
from constnet.export import export_model
from tests.golden.compilers import C_COMPILERS, STRICT
from tests.unit.export.test_c_artefact import COMPILERS, run

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
MAIN = """\
#include "net.h"
#include <stdio.h>
static const float xs[8][3] = {%s};
int main(void) {
    static net_state one, two;
    float y[NET_Y0_SIZE];
    net_reset(&one), net_reset(&two);
    for (int t = 0; t < 4; ++t) {
        for (int n = 0; n < 2; ++n) {
            int code = net_step(n ? &two : &one, xs[4 * n + t], y);
            printf("%%d", code);
            for (int i = 0; i < NET_Y0_SIZE; ++i) printf(" %%a", (double)y[i]);
            printf("\\n");
        }
    }
    y[0] = 7.0f;
    printf("%%d %%d %%d\\n", net_step(&one, xs[0], y), y[0] == 7.0f, net_self_test());
    return 0;
}
"""


def attention():
    net = nn.Sequential(nn.GRU(4, return_sequences=True), nn.MultiHeadAttention(2, causal=True))
    net.build((4, 3))
    net.initialize(1)
    return SimpleNamespace(net=net, numerics="exact")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_two_streams_have_pythons_bits_and_a_full_one_says_so(compiler, tmp_path):
    model = attention()
    export_model(model, tmp_path / "net.c", stream=True, self_test=True)
    numbers = ", ".join(
        "{" + ", ".join(f"{float(v).hex()}f" for v in row) + "}" for row in X.reshape(-1, 3)
    )
    (tmp_path / "main.c").write_text(MAIN % numbers)
    flags = [flag for flag in STRICT if flag != "-Wpedantic" or "c99" in str(COMPILERS[compiler])]
    *lines, last = run([*COMPILERS[compiler], *flags, "net.c", "main.c"], tmp_path).splitlines()
    found = [line.split() for line in lines]
    assert {words[0] for words in found} == {"0"}
    values = np.array([[float.fromhex(word) for word in words[1:]] for words in found])
    whole = model.net.forward(X)
    np.testing.assert_array_equal(values.reshape(4, 2, 4).swapaxes(0, 1), whole)
    assert last == "1 1 0"


def test_a_step_without_a_limit_returns_nothing(tmp_path):
    net = nn.GRU(4)
    net.build((4, 3))
    net.initialize(1)
    export_model(SimpleNamespace(net=net), tmp_path / "net.c", stream=True, arena="caller")
    header = (tmp_path / "net.h").read_text()
    assert "typedef struct {\n    float h[4];\n} net_state;" in header
    signature = "void net_step(net_state *state, const float *x0, float *y0, void *arena);"
    assert signature in header
    assert "state      16 bytes (RAM)" in header


def test_names_that_are_words_of_c(tmp_path):
    class Register(nn.Layer):
        def call(self, x):
            return x

        def stream_state(self, x):
            return {"register": nn.Slot(x.type), "auto": nn.Slot(x.type)}

        def stream(self, inputs, state):
            total = inputs[0] + state["register"]
            return (total,), {"register": total, "auto": state["auto"]}

    net = Register()
    net.build((4, 3))
    source, header = export_model(SimpleNamespace(net=net), tmp_path / "net.c", stream=True)
    assert "float register_2[3];" in header.read_text()
    command = next(iter(C_COMPILERS.values()))
    line = [*command, "-std=c99", *STRICT, "-c", source.name, "-o", "net.o"]
    subprocess.run(line, cwd=tmp_path, check=True)
