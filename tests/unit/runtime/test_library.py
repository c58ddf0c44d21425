import ctypes
import re
from pathlib import Path

import numpy as np
import pytest

from constnet import dtypes
from constnet.ir.types import TensorType
from constnet.lowering.lower import lower
from constnet.runtime import library
from constnet.runtime.library import (
    Barrier,
    FeedStructure,
    Job,
    call_source,
    load_call,
    pointers,
    train_source,
)
from constnet.testing import trace
from tests.lowered import COMPILERS, target_of

DRIVER = (Path(library.__file__).parent / "driver.c").read_text()


def program():
    graph = trace(lambda x: [x * 2.0], TensorType((4,), dtypes.float32))
    return lower(graph, target_of(0), "exact")


@pytest.mark.parametrize(
    ("structure", "name"), [(Barrier, "cn_barrier"), (FeedStructure, "cn_feed"), (Job, "cn_job")]
)
def test_fields_are_those_of_the_driver_in_order(structure, name):
    body = re.search(r"typedef struct \{([^}]*)\} " + name, DRIVER).group(1)
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL)
    declared = [
        re.sub(r"[^\w]|\[.*", "", part.split()[-1].split("[")[0])
        for line in body.split(";")
        if line.strip()
        for part in line.split(",")
    ]
    assert declared == [field[0] for field in structure._fields_]


def test_sizes_are_those_of_the_compiler(tmp_path):
    source, built = tmp_path / "sizes.c", tmp_path / "sizes.so"
    functions = "".join(
        f'__attribute__((visibility("default"))) long {n}(void) {{ return sizeof(cn_{n}); }}\n'
        for n in ("barrier", "feed", "job")
    )
    source.write_text(f"#include <stdint.h>\n{DRIVER}\n{functions}")
    compiler = COMPILERS[-1]
    compiler.run([*compiler.flags(), str(source), "-o", str(built)])
    sizes = ctypes.CDLL(str(built))
    assert [sizes.barrier(), sizes.feed(), sizes.job()] == [
        ctypes.sizeof(structure) for structure in (Barrier, FeedStructure, Job)
    ]


def test_call_runs_the_program_once():
    x, z = np.arange(4, dtype=np.float32), np.zeros(4, np.float32)
    table = pointers([x.ctypes.data, z.ctypes.data, 0])
    loaded = load_call(program(), COMPILERS[0])
    loaded.cn_call_alone(ctypes.addressof(table))
    np.testing.assert_array_equal(z, x * 2.0)


def test_partial_step_is_there_only_where_it_is_needed():
    assert "CN_HAS_PARTIAL 1" not in train_source(program(), None)
    both = train_source(program(), program())
    assert "CN_HAS_PARTIAL 1" in both
    assert both.index("CN_HAS_PARTIAL 1") < both.index("cn_run(")


def test_source_is_the_same_every_time():
    assert call_source(program()) == call_source(program())


def test_pointers_of_nothing_have_room():
    assert len(pointers([])) == 1
    assert list(pointers([64, 128])) == [64, 128]
