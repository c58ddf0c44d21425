"""Metrics by scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.metrics

Entry = dict[str, Any]


def metrics() -> list[Entry]:
    """Each metric on the same rows, with and without weights, by scikit-learn."""
    rng = np.random.default_rng(4)
    rows = 40
    weight = rng.uniform(0, 2, size=rows)
    return [
        {
            "name": name,
            "arguments": arguments,
            "y_true": np.asarray(y_true).tolist(),
            "y_pred": np.asarray(y_pred).tolist(),
            "weight": None if given is None else given.tolist(),
            "result": np.asarray(score(given)).tolist(),
            "tolerance": 0.005 if name == "AUC" else 1e-6,
        }
        for name, arguments, y_true, y_pred, score in [
            *_binary_metrics(rng, rows),
            *_class_metrics(rng, rows),
            *_number_metrics(rng, rows),
        ]
        for given in (None, weight)
    ]


def _binary_metrics(rng: np.random.Generator, rows: int) -> list[tuple[str, Entry, Any, Any, Any]]:
    m = sklearn.metrics
    yes = rng.integers(0, 2, size=rows)
    share = np.clip(0.35 * yes + rng.uniform(0, 0.65, size=rows), 0, 1)
    said = (share > 0.5).astype(int)
    logits = np.log(share / (1 - share))
    column = share[:, None]

    def by(function: Any) -> Any:
        return lambda w: function(yes, said, sample_weight=w)

    def area(w: np.ndarray | None) -> float:
        return m.roc_auc_score(yes, share, sample_weight=w)

    return [
        ("Accuracy", {}, yes, column, by(m.accuracy_score)),
        ("Accuracy", {"threshold": 0.0}, yes, logits[:, None], by(m.accuracy_score)),
        ("BinaryAccuracy", {}, yes[:, None], column, by(m.accuracy_score)),
        ("Precision", {}, yes, column, by(m.precision_score)),
        ("Recall", {}, yes, column, by(m.recall_score)),
        ("F1Score", {}, yes, column, by(m.f1_score)),
        ("ConfusionMatrix", {"num_classes": 2}, yes, column, by(m.confusion_matrix)),
        ("AUC", {}, yes, share, area),
        ("AUC", {"from_logits": True, "num_thresholds": 1000}, yes, logits, area),
    ]


def _class_metrics(rng: np.random.Generator, rows: int) -> list[tuple[str, Entry, Any, Any, Any]]:
    m = sklearn.metrics
    labels = rng.integers(0, 4, size=rows)
    scores = rng.normal(size=(rows, 4)) + 1.2 * np.eye(4)[labels]
    said = scores.argmax(axis=1)
    one_hot = np.eye(4)[labels]

    def by(function: Any, **options: Any) -> Any:
        return lambda w: function(labels, said, sample_weight=w, **options)

    cases = [
        ("Accuracy", {}, labels, scores, by(m.accuracy_score)),
        ("Accuracy", {}, one_hot, scores, by(m.accuracy_score)),
        ("CategoricalAccuracy", {}, one_hot, scores, by(m.accuracy_score)),
        ("SparseCategoricalAccuracy", {}, labels[:, None], scores, by(m.accuracy_score)),
        (
            "TopKCategoricalAccuracy",
            {"k": 2},
            labels,
            scores,
            lambda w: m.top_k_accuracy_score(labels, scores, k=2, sample_weight=w),
        ),
        ("ConfusionMatrix", {"num_classes": 4}, labels, scores, by(m.confusion_matrix)),
    ]
    for name, function in (
        ("Precision", m.precision_score),
        ("Recall", m.recall_score),
        ("F1Score", m.f1_score),
    ):
        macro = {"average": "macro", "num_classes": 4}
        cases.append((name, macro, labels, scores, by(function, average="macro")))
        cases.append((name, {"average": "micro"}, labels, scores, by(function, average="micro")))
    return cases


def _number_metrics(rng: np.random.Generator, rows: int) -> list[tuple[str, Entry, Any, Any, Any]]:
    m = sklearn.metrics
    y = rng.normal(size=(rows, 2)) + 5
    p = y + 0.3 * rng.normal(size=(rows, 2))

    def by(function: Any) -> Any:
        return lambda w: function(y, p, sample_weight=w)

    def root(w: np.ndarray | None) -> float:
        return float(np.sqrt(m.mean_squared_error(y, p, sample_weight=w)))

    return [
        ("MeanSquaredError", {}, y, p, by(m.mean_squared_error)),
        ("RootMeanSquaredError", {}, y, p, root),
        ("MeanAbsoluteError", {}, y, p, by(m.mean_absolute_error)),
        ("R2Score", {"num_outputs": 2}, y, p, by(m.r2_score)),
    ]
