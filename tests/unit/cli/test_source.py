import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.cli import source
from constnet.errors import DataError, UsageError


def test_digits_come_with_their_own_split():
    samples = source.read_samples("digits")
    assert len(samples.x) + len(samples.x_test) == 1797
    assert samples.is_classification
    assert samples.classes == 10


def test_array_file_is_split_by_seed(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x=np.arange(20.0).reshape(10, 2), y=np.arange(10.0).reshape(10, 1))
    samples = source.read_samples(str(path), fraction=0.3, seed=1)
    assert len(samples.x_test) == 3
    assert not samples.is_classification
    rows = np.concatenate([samples.x, samples.x_test])[:, 0]
    assert sorted(rows) == list(range(0, 20, 2))


def test_array_file_with_its_own_test_part(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x=np.ones((4, 2)), y=np.ones((4, 1)), x_test=np.zeros((1, 2)), y_test=[[0.0]])
    samples = source.read_samples(str(path))
    assert len(samples.x) == 4
    assert samples.x_test.tolist() == [[0.0, 0.0]]


def test_array_file_without_y(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x=np.ones((4, 2)))
    with pytest.raises(DataError, match=r"has arrays x; it needs x and y"):
        source.read_samples(str(path))


def test_table_has_classes(tmp_path):
    pytest.importorskip("polars")
    path = tmp_path / "pets.csv"
    rows = "".join(f"{i},{'cat' if i % 2 else 'dog'}\n" for i in range(20))
    path.write_text("weight,kind\n" + rows)
    samples = source.read_samples(str(path), target="kind")
    assert samples.class_names == ("cat", "dog")
    assert samples.encoding is not None


def test_table_needs_a_target(tmp_path):
    with pytest.raises(UsageError, match="say which column to predict"):
        source.read_samples(str(tmp_path / "a.csv"))


def test_unknown_source_says_what_is_known():
    with pytest.raises(UsageError, match=r"'minst' is neither a data set \(digits, mnist"):
        source.read_samples("minst")


class Model:
    class net:
        input_shapes = ((2,),)

    metadata: dict = {}


def test_inputs_from_arrays(tmp_path):
    x = np.ones((3, 2), np.float32)
    np.save(tmp_path / "x.npy", x)
    assert np.array_equal(source.read_inputs(Model, str(tmp_path / "x.npy")), x)


def test_inputs_of_an_unknown_kind():
    with pytest.raises(UsageError, match="is no image, folder, table or array file"):
        source.read_inputs(Model, "notes.docx")


def test_table_for_a_model_without_one():
    with pytest.raises(UsageError, match="was not trained on a table"):
        source.read_inputs(Model, "new.csv")


def test_photo_is_brought_to_the_input_shape(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (10, 20), (255, 0, 0)).save(tmp_path / "a.png")

    class Pictures:
        class net:
            input_shapes = ((4, 4, 3),)

    found = source.read_inputs(Pictures, str(tmp_path / "a.png"))
    assert found.shape == (1, 4, 4, 3)
    assert found[0, 0, 0].tolist() == [255, 0, 0]


def test_known_answers_of_an_array_file(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones((2, 2)), y=np.zeros((2, 1)))
    x, y = source.read_known(Model, str(tmp_path / "a.npz"))
    assert x.shape == (2, 2)
    assert y.tolist() == [[0.0], [0.0]]


def test_a_folder_is_evaluated_whole_by_the_models_classes(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for name in ("yes", "no"):
        (tmp_path / name).mkdir()
        for i in range(3):
            image.new("L", (4, 4), i).save(tmp_path / name / f"{i}.png")
    net = nn.Sequential(nn.Flatten(), nn.Dense(2), nn.ClassNames(["yes", "no"]))
    model = cn.Model(net, loss="sparse_categorical_crossentropy")
    model.build_for([(4, 4, 1)])
    x, y = source.read_known(model, str(tmp_path))
    assert len(x) == 6
    assert y.tolist() == [1, 1, 1, 0, 0, 0]  # read as no, yes; the model counts yes, no
    (tmp_path / "no").rename(tmp_path / "other")
    with pytest.raises(DataError, match="has classes other, which the model does not know"):
        source.read_known(model, str(tmp_path))
