from constnet.train import callbacks


def test_names_are_pinned():
    assert callbacks.__all__ == [
        "CSVLogger", "Callback", "EarlyStopping", "JSONLinesLogger", "LambdaCallback",
        "LearningRateLogger", "ModelCheckpoint", "ReduceLROnPlateau",
    ]  # fmt: skip
    for name in callbacks.__all__:
        assert getattr(callbacks, name).__name__ == name
