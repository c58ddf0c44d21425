import numpy as np

from constnet.runtime import host, profile
from constnet.runtime.batches import Batches, Feed
from constnet.runtime.engine import NativeEngine
from constnet.runtime.profile import profile_engine
from tests.lowered import COMPILERS
from tests.unit.runtime.steps import reading_step, state_of


def test_every_call_is_timed_and_the_state_is_left_alone(monkeypatch):
    monkeypatch.setattr(profile, "_SLICE_SECONDS", 1e-5)
    state = state_of()
    state["seen"][...], state["step"][...] = 3.0, 2
    table = np.ones((8, 1))
    batches = Batches(8, 4, False, (0, 0))
    engine = NativeEngine(
        reading_step(4), None, [Feed("x0", table)], batches, state, "exact", COMPILERS[0]
    )
    found = profile_engine(engine, COMPILERS[0], host.host_target())
    assert [call.kernel for call in found.calls] == [c.kernel for c in engine.program.calls]
    assert all(call.seconds > 0 and call.bytes > 0 for call in found.calls)
    assert found.step_seconds > 0
    assert found.peak_flops > 0
    assert (state["seen"][0], int(state["step"])) == (3.0, 2)
