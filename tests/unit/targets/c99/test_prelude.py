from constnet import dtypes
from constnet.targets.c99.prelude import Helper, print_helpers


def test_helpers_come_after_the_types_they_need_each_once():
    wanted = [Helper("max", dtypes.float32, 16), Helper("splat", dtypes.float32, 16)]
    text = print_helpers(wanted, "net", "host")
    names = ["typedef float f32x16", "typedef int32_t i32x16", "net_splat_f32x16(float a)"]
    names += ["net_select_f32x16(i32x16 m", "net_max_f32x16(f32x16 a, f32x16 b)"]
    places = [text.index(name) for name in names]
    assert places == sorted(places)
    assert all(text.count(name) == 1 for name in names)


def test_order_does_not_depend_on_the_set():
    helpers = [Helper("abs", dtypes.float64, 8), Helper("fma", dtypes.float32, 8)]
    assert print_helpers(helpers, "p", "host") == print_helpers(reversed(helpers), "p", "host")


def test_bytes_and_bools_share_a_type():
    both = [Helper("vector", dtypes.bool_, 16), Helper("vector", dtypes.uint8, 16)]
    assert print_helpers(both, "net", "host").count("u8x16") == 1


def test_gcc_has_one_instruction_for_each_width():
    for lanes, builtin in ((16, "vfmaddps512_mask"), (8, "vfmaddps256"), (4, "vfmaddps\n")):
        helper = Helper("fma", dtypes.float32, lanes)
        assert f"__builtin_ia32_{builtin}" in print_helpers([helper], "net", "host")
