import constnet as cn


def test_files_are_written_and_named(run, model_file, tmp_path):
    code, text = run("export", model_file, tmp_path / "net.c", "--prefix", "mine", "--self-test")
    assert code == 0
    assert text.splitlines() == [f"wrote {tmp_path / 'net.c'}", f"wrote {tmp_path / 'net.h'}"]
    assert "mine_" in (tmp_path / "net.h").read_text()


def test_unknown_ending_is_an_error(run, model_file, tmp_path):
    code, _ = run("export", model_file, tmp_path / "net.java")
    assert code == 2


def test_a_stream(run, tmp_path):
    model = cn.Model(cn.nn.Sequential(cn.nn.GRU(3), cn.nn.Dense(1)))
    model.net.build((5, 2))
    model.save(tmp_path / "m.safetensors")
    code, _ = run("export", tmp_path / "m.safetensors", tmp_path / "net.c", "--stream")
    assert code == 0
    assert "void net_step(net_state *state, const float *x0" in (tmp_path / "net.h").read_text()
    code, text = run("verify", tmp_path / "m.safetensors", tmp_path / "net.c")
    assert code == 0
    assert "agrees" in text
