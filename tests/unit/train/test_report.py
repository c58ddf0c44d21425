import constnet as cn
from constnet import nn
from constnet.train.report import totals


def test_the_table_names_layers_shapes_and_counts(capsys):
    net = nn.Sequential(nn.Dense(2, 8), nn.BatchNorm(), nn.Dense(1))
    model = cn.Model(net, "mse", "adam")
    model.summary()
    text = capsys.readouterr().out
    for part in ("layers.0", "Dense(2, 8)", "(batch, 8)", "24", "BatchNorm", "parameters: 49"):
        assert part in text


def test_totals_count_bytes_of_training_state():
    model = cn.Model(nn.Sequential(nn.Dense(2, 8)), "mse", "sgd")
    first, second = totals(model)
    assert first == "parameters: 24 (24 trained), states: 0"
    # theta 32 floats, two float64 sums, step, seed of two words, four hyper-parameters
    assert second.endswith(f"training state: {32 * 4 + 16 + 4 + 8 + 16} bytes")
