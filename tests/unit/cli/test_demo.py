def test_demo_trains_exports_and_agrees(run, tmp_path):
    code, text = run("demo", "--epochs", "5", "--output", tmp_path)
    assert code == 0
    assert "0 of " in text
    assert "agrees" in text
    assert {"digits.c", "digits.h", "digits.safetensors"} <= {p.name for p in tmp_path.iterdir()}
