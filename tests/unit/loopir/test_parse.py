import pytest

from constnet.errors import FormatError
from constnet.loopir.parse import from_text
from constnet.loopir.text import to_text

TEXT = """\
program p numerics=exact arena=64
function half(a:f32) "a / 2"
  let b = mul(a:f32, 0.5:f32)
  return b:f32
buffer x f32[8] input
buffer t f32[8] arena offset=32
kernel k pointwise parallel flops=8 bytes=64 origin=["layers.0", "a b"]
  param x f32[8] read
  param t f32[8] write
  # words, of any kind = [x]
  declare s = splat.4(inf:f32)
  for i in range(0, add(4, 4), 4) parallel
    let m = lt(x[i]:f32x4, nan:f32x4)
    assign s = select(m:b8x4, mul_add(s:f32x4, s:f32x4, -1e-42:f32x4), s:f32x4)
    assign s = bitcast.f32(cast.u32(s:f32x4))
    store t[i] = s:f32x4
  store t[0] = @half(x[3]:f32)
call k x[0] t[0]
call k x[0] t[0] barrier
"""


def test_text_reads_back():
    program = from_text(TEXT)
    assert to_text(program) == TEXT
    assert from_text(to_text(program)) == program
    assert program.kernels[0].origin == ("layers.0", "a b")
    assert program.calls[1].barrier


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("numerics=exact", "numerics=fast", 1),
        ("buffer x f32[8] input", "buffer x f32[8] somewhere", 5),
        ("cast.u32", "cast.q32", 15),
        ("@half(x", "@third(x", 17),
        ("mul_add(", "mul_add((", 14),
        ("call k x[0] t[0]\n", "call k x(0)\n", 18),
    ],
)
def test_a_line_outside_the_grammar_is_shown(old, new, line):
    with pytest.raises(FormatError, match=f"line {line} is not in the grammar"):
        from_text(TEXT.replace(old, new))
