import pytest

import constnet as cn
from constnet.cli.stages import stage_text
from constnet.ir.text import from_text, to_text


@pytest.mark.parametrize("stage", ["graph", "passes", "loops", "c"])
def test_text_is_stable(model_file, stage):
    model = cn.load(model_file)
    assert stage_text(model, stage) == stage_text(cn.load(model_file), stage)


def test_graph_text_can_be_read_back(model_file):
    text = stage_text(cn.load(model_file), "graph")
    assert to_text(from_text(text)).strip() == text.strip()


def test_batch_is_in_the_types(model_file):
    assert "float32[7, 2]" in stage_text(cn.load(model_file), "graph", batch=7)
