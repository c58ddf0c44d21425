import re


def test_loss_and_metrics_by_name(run, model_file, rows_file):
    code, text = run("evaluate", model_file, rows_file)
    assert code == 0
    found = dict(re.findall(r"^(\w+): ([\d.e+-]+)$", text, re.MULTILINE))
    assert set(found) == {"loss", "accuracy"}
    assert 0 <= float(found["accuracy"]) <= 1
