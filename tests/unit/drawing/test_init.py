from constnet import drawing


def test_exports_exist():
    assert [name for name in drawing.__all__ if not hasattr(drawing, name)] == []
