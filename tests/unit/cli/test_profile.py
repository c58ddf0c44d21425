def test_each_kernel_has_time_and_work(run, model_file):
    code, text = run("profile", model_file, "--batch", "8")
    assert code == 0
    assert "of peak" in text
    assert "layers.0" in text
    assert "one training step, one thread:" in text
