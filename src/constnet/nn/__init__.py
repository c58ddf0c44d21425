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
from constnet.nn.adaptive_pooling import (
    AdaptiveAveragePool1D,
    AdaptiveAveragePool2D,
    AdaptiveAveragePool3D,
    AdaptiveMaxPool1D,
    AdaptiveMaxPool2D,
    AdaptiveMaxPool3D,
)
from constnet.nn.attention import MultiHeadAttention
from constnet.nn.augmentation import Cutout, RandomCrop, RandomFlip, RandomShift
from constnet.nn.augmentation_affine import RandomRotation, RandomZoom
from constnet.nn.augmentation_color import RandomBrightness, RandomContrast
from constnet.nn.bidirectional import Bidirectional
from constnet.nn.conv import Conv1D, Conv2D, Conv3D
from constnet.nn.conv_transpose import ConvTranspose1D, ConvTranspose2D, ConvTranspose3D
from constnet.nn.dense import Dense
from constnet.nn.depthwise import DepthwiseConv1D, DepthwiseConv2D
from constnet.nn.draw import draw
from constnet.nn.dropout import Dropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from constnet.nn.embedding import Embedding
from constnet.nn.functional import Input, Network
from constnet.nn.gated import GRU, LSTM
from constnet.nn.group_norm import GroupNorm, InstanceNorm
from constnet.nn.layer import Layer, ShapeKeeping, SizeKeeping, is_training
from constnet.nn.merge import Add, Concatenate, Residual
from constnet.nn.noise import GaussianDropout, GaussianNoise
from constnet.nn.normalization import BatchNorm, LayerNorm, RMSNorm
from constnet.nn.padding import Crop1D, Crop2D, Crop3D, ZeroPad1D, ZeroPad2D, ZeroPad3D
from constnet.nn.parameter import Parameter
from constnet.nn.pooling import (
    AveragePool1D,
    AveragePool2D,
    AveragePool3D,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalAveragePool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
)
from constnet.nn.position import LearnedPosition, SinusoidalPosition
from constnet.nn.preprocessing import (
    Argmax,
    ClassNames,
    Normalization,
    OneHot,
    Rescaling,
    class_names,
)
from constnet.nn.recurrent import SimpleRNN
from constnet.nn.separable import SeparableConv1D, SeparableConv2D
from constnet.nn.sequential import Sequential
from constnet.nn.serialization import from_config
from constnet.nn.shape import Flatten, Reshape
from constnet.nn.streaming import Slot, State
from constnet.nn.summary import Row, summary
from constnet.nn.transformer import TransformerBlock
from constnet.nn.upsampling import Upsample1D, Upsample2D, Upsample3D

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "SELU",
    "AdaptiveAveragePool1D",
    "AdaptiveAveragePool2D",
    "AdaptiveAveragePool3D",
    "AdaptiveMaxPool1D",
    "AdaptiveMaxPool2D",
    "AdaptiveMaxPool3D",
    "Add",
    "Argmax",
    "AveragePool1D",
    "AveragePool2D",
    "AveragePool3D",
    "BatchNorm",
    "Bidirectional",
    "ClassNames",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "ConvTranspose1D",
    "ConvTranspose2D",
    "ConvTranspose3D",
    "Crop1D",
    "Crop2D",
    "Crop3D",
    "Cutout",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePool1D",
    "GlobalAveragePool2D",
    "GlobalAveragePool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GroupNorm",
    "HardSigmoid",
    "Identity",
    "Input",
    "InstanceNorm",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "LearnedPosition",
    "LogSoftmax",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MultiHeadAttention",
    "Network",
    "Normalization",
    "OneHot",
    "PReLU",
    "Parameter",
    "RMSNorm",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomShift",
    "RandomZoom",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Residual",
    "Row",
    "SeparableConv1D",
    "SeparableConv2D",
    "Sequential",
    "ShapeKeeping",
    "SiLU",
    "Sigmoid",
    "SimpleRNN",
    "SinusoidalPosition",
    "SizeKeeping",
    "Slot",
    "Softmax",
    "Softplus",
    "Softsign",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "State",
    "Tanh",
    "TransformerBlock",
    "Upsample1D",
    "Upsample2D",
    "Upsample3D",
    "ZeroPad1D",
    "ZeroPad2D",
    "ZeroPad3D",
    "activations",
    "class_names",
    "draw",
    "from_config",
    "initializers",
    "is_training",
    "random",
    "regularizers",
    "summary",
]
