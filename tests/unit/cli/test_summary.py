def test_layers_and_parameters_are_listed(run, model_file):
    code, text = run("summary", model_file)
    assert code == 0
    assert "layers.2" in text
    assert "parameters: 17" in text  # 2 * 3 + 3 + 3 * 2 + 2
