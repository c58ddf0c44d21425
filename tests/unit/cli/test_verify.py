import re


def test_an_artefact_agrees_in_bits(run, model_file, tmp_path):
    run("export", model_file, tmp_path / "net.c")
    code, text = run("verify", model_file, tmp_path / "net.c", "--count", "5")
    assert code == 0
    assert "agrees" in text
    assert "0 of 10 outputs differ" in text


def test_an_artefact_with_another_weight_does_not(run, model_file, tmp_path):
    run("export", model_file, tmp_path / "net.c")
    source = (tmp_path / "net.c").read_text()
    first = re.search(r"(?<=_weight\[6\] = \{)\s*[-\d.e]+f", source)
    assert first is not None
    (tmp_path / "net.c").write_text(source.replace(first[0], "12.0f", 1))
    code, text = run("verify", model_file, tmp_path / "net.c", "--count", "5")
    assert code == 1
    assert "DISAGREES" in text
