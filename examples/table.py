"""A CSV file: choose the target column, train, ask about a new row.

The same from a shell: `constnet train examples/iris.csv --target species`.
"""

from pathlib import Path

import constnet as cn
from constnet import nn

TABLE = Path(__file__).with_name("iris.csv")


def main(
    path: str | Path = TABLE, target: str = "species", epochs: int = 60, verbose: int = 1
) -> float:
    """Train on four fifths of the rows; return the accuracy on the others."""
    train, test = cn.data.read_table(path, target=target).split(fraction=0.2, seed=0)
    net = nn.Sequential(
        nn.Normalization().adapt(train.x),  # part of the network: what ships takes raw values
        nn.Dense(16, activation="relu"),
        nn.Dense(len(train.class_names)),
        nn.Softmax(),
        nn.ClassNames(train.class_names),
    )
    model = cn.Model(
        net,
        loss=cn.losses.SparseCategoricalCrossentropy(),
        optimizer=cn.optim.Adam(0.01),
        metrics=["accuracy"],
        seed=0,
    )
    model.metadata["table"] = train.encoding.to_dict()  # saved with it, for `constnet predict`
    model.fit(train.x, train.y, epochs=epochs, batch_size=16, verbose=verbose)
    accuracy = model.evaluate(test.x, test.y)["accuracy"]
    if verbose:
        print(f"{accuracy:.0%} of {len(test.x)} rows that were held out")
        show_new_row(model, train)
    return accuracy


def show_new_row(model: cn.Model, table: cn.data.Table) -> None:
    """Encode a row by the rule the table was encoded by, and predict it."""
    flower = {"sepal_length": 6.1, "sepal_width": 2.8, "petal_length": 4.7, "petal_width": 1.2}
    if set(flower) <= set(table.feature_names):
        probabilities = model.predict(table.encoding.encode_rows([flower]))[0]
        for name, probability in zip(table.class_names, probabilities, strict=True):
            print(f"  {name:12} {probability:.3f}")


if __name__ == "__main__":
    main()
