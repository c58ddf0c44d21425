import constnet as cn
from constnet.cli.step_engine import step_engine
from constnet.runtime.host import host_target
from constnet.runtime.toolchain import find_compiler


def test_it_trains(model_file):
    engine = step_engine(cn.load(model_file), 4, find_compiler(), host_target())
    before = engine.state["theta"].copy()
    assert engine.run(3).steps == 3
    assert (engine.state["theta"] != before).any()
