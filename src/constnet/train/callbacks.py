"""Callbacks, all in one place: `cn.callbacks.EarlyStopping(...)`."""

from constnet.train.callback import Callback, LambdaCallback, LearningRateLogger
from constnet.train.loggers import CSVLogger, JSONLinesLogger
from constnet.train.monitors import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "JSONLinesLogger",
    "LambdaCallback",
    "LearningRateLogger",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
]
