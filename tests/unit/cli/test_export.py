def test_files_are_written_and_named(run, model_file, tmp_path):
    code, text = run("export", model_file, tmp_path / "net.c", "--prefix", "mine", "--self-test")
    assert code == 0
    assert text.splitlines() == [f"wrote {tmp_path / 'net.c'}", f"wrote {tmp_path / 'net.h'}"]
    assert "mine_" in (tmp_path / "net.h").read_text()


def test_unknown_ending_is_an_error(run, model_file, tmp_path):
    code, _ = run("export", model_file, tmp_path / "net.java")
    assert code == 2
