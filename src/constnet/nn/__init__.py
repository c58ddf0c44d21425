"""Layers: what a user composes into a network."""

from constnet.nn import activation as activations
from constnet.nn import init as initializers
from constnet.nn import random
from constnet.nn import regularizer as regularizers
from constnet.nn.activation import (
    ELU,
    GELU,
    SELU,
    HardSigmoid,
    Identity,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from constnet.nn.dense import Dense
from constnet.nn.dropout import Dropout
from constnet.nn.embedding import Embedding
from constnet.nn.functional import Input, Network
from constnet.nn.layer import Layer, ShapeKeeping, is_training
from constnet.nn.merge import Add, Concatenate, Residual
from constnet.nn.normalization import BatchNorm, LayerNorm
from constnet.nn.parameter import Parameter
from constnet.nn.preprocessing import (
    Argmax,
    ClassNames,
    Normalization,
    OneHot,
    Rescaling,
    class_names,
)
from constnet.nn.sequential import Sequential
from constnet.nn.serialization import from_config
from constnet.nn.shape import Flatten, Reshape
from constnet.nn.summary import Row, summary

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Add",
    "Argmax",
    "BatchNorm",
    "ClassNames",
    "Concatenate",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "HardSigmoid",
    "Identity",
    "Input",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "LogSoftmax",
    "Network",
    "Normalization",
    "OneHot",
    "PReLU",
    "Parameter",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Residual",
    "Row",
    "Sequential",
    "ShapeKeeping",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "activations",
    "class_names",
    "from_config",
    "initializers",
    "is_training",
    "random",
    "regularizers",
    "summary",
]
