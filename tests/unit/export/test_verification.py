import copy
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from constnet import nn
from constnet.errors import DataError, FormatError, ShapeError
from constnet.export import export_model, verify_artefact

FORMS = ["net.c", "net.h", *(["net.rs", "crate"] if shutil.which("rustc") else [])]


@pytest.mark.parametrize("name", FORMS)
def test_exact_artefacts_agree_in_bits(model, name, tmp_path):
    export_model(model, tmp_path / name, batch=2)
    report = verify_artefact(model, tmp_path / name, inputs=np.zeros((3, 2)), count=10)
    assert report.ok
    assert (report.calls, report.outputs, report.differing) == (12, 72, 0)
    assert report.model_matches
    assert "agrees with the interpreter on 12 calls" in str(report)


@pytest.mark.parametrize("name", FORMS)
def test_fma_artefacts_agree_within_rounding(model, name, tmp_path):
    export_model(model, tmp_path / name, numerics="fma")
    report = verify_artefact(model, tmp_path / name, count=20)
    assert report.ok
    assert 0 < report.max_ulp < 64
    assert report.differing_from_host == 0
    assert "0 differ in bits from the compiled host program" in str(report)


def test_a_changed_weight_is_found(model, tmp_path):
    source, _ = export_model(model, tmp_path / "net.c", arena="caller")
    other = copy.deepcopy(model)
    other.net.parameters()["layers.5.bias"].data[0] += 0.5
    report = verify_artefact(other, source, count=5)
    assert not report.ok
    assert "DISAGREES" in str(report)
    assert "exported from other weights or layers" in str(report)


def test_what_is_no_artefact_is_refused(model, tmp_path):
    (tmp_path / "net.c").write_text("int main(void) { return 0; }\n")
    with pytest.raises(FormatError, match="it is no artefact"):
        verify_artefact(model, tmp_path / "net.c")
    with pytest.raises(FormatError, match="cannot be read"):
        verify_artefact(model, tmp_path / "absent.c")


def test_inputs_that_do_not_fit_are_refused(model, tmp_path):
    source, _ = export_model(model, tmp_path / "net.c")
    with pytest.raises(ShapeError, match=r"inputs have shape \(1, 3\)"):
        verify_artefact(model, source, inputs=np.zeros((1, 3)))
    with pytest.raises(DataError, match="inputs has no rows"):
        verify_artefact(model, source, inputs=np.zeros((0, 2)))


def test_another_networks_artefact_is_not_called(model, tmp_path):
    net = nn.Sequential(nn.Dense(3000))
    net.build((2,))
    net.initialize(0)
    source, _ = export_model(SimpleNamespace(net=net, numerics="exact"), tmp_path / "net.c")
    with pytest.raises(ShapeError, match=r"float32\[2\]->float32\[3000\]; the model computes"):
        verify_artefact(model, source)


def test_an_artefact_without_its_function_is_refused(model, tmp_path):
    for path in export_model(model, tmp_path / "net.c"):
        path.write_text(path.read_text().replace("net_predict", "net_other"))
    with pytest.raises(FormatError, match="has no function net_predict: it was changed"):
        verify_artefact(model, tmp_path / "net.c")
