"""Operations under NumPy's names: on tensors while tracing, at once on arrays.

    cn.ops.exp(x)                             x a Tensor: a node of the graph; an array: an array
    cn.ops.sum(x, axis=1, keepdims=True)
    cn.ops.random.uniform(seed, step, stream, shape)

Importing this package registers every primitive; `ops.op.registry()` lists them.
"""

from constnet.ops import activation as _activation
from constnet.ops import arithmetic as _arithmetic
from constnet.ops import comparison as _comparison
from constnet.ops import composite as _composite
from constnet.ops import contraction as _contraction
from constnet.ops import conversion as _conversion
from constnet.ops import convolution as _convolution  # noqa: F401  (registers)  # pyright: ignore[reportUnusedImport]
from constnet.ops import convolution_forms as _convolution_forms
from constnet.ops import creation as _creation
from constnet.ops import gather as _gather  # noqa: F401  (registers)  # pyright: ignore[reportUnusedImport]
from constnet.ops import integer as _integer
from constnet.ops import max_pooling as _max_pooling  # noqa: F401  (registers)  # pyright: ignore[reportUnusedImport]
from constnet.ops import methods as _methods  # noqa: F401  (installs)  # pyright: ignore[reportUnusedImport]
from constnet.ops import movement as _movement
from constnet.ops import pooling_forms as _pooling
from constnet.ops import random
from constnet.ops import sum_pooling as _sum_pooling  # noqa: F401  (registers)  # pyright: ignore[reportUnusedImport]
from constnet.ops import transcendental as _transcendental
from constnet.ops.attention import attention as _attention
from constnet.ops.creation import arange, full, ones, zeros
from constnet.ops.eager import eager as _eager
from constnet.ops.scan import scan
from constnet.ops.tensor import Tensor, TensorLike, constant

absolute = _eager(_arithmetic.absolute)
add = _eager(_arithmetic.add)
divide = _eager(_arithmetic.divide)
floor = _eager(_arithmetic.floor)
maximum = _eager(_arithmetic.maximum)
minimum = _eager(_arithmetic.minimum)
multiply = _eager(_arithmetic.multiply)
negative = _eager(_arithmetic.negative)
sign = _eager(_arithmetic.sign)
sqrt = _eager(_arithmetic.sqrt)
subtract = _eager(_arithmetic.subtract)
cos = _eager(_transcendental.cos)
erf = _eager(_transcendental.erf)
exp = _eager(_transcendental.exp)
expm1 = _eager(_transcendental.expm1)
log = _eager(_transcendental.log)
log1p = _eager(_transcendental.log1p)
power = _eager(_transcendental.power)
sigmoid = _eager(_transcendental.sigmoid)
sin = _eager(_transcendental.sin)
tanh = _eager(_transcendental.tanh)
equal = _eager(_comparison.equal)
greater = _eager(_comparison.greater)
greater_equal = _eager(_comparison.greater_equal)
isnan = _eager(_comparison.isnan)
less = _eager(_comparison.less)
less_equal = _eager(_comparison.less_equal)
logical_and = _eager(_comparison.logical_and)
logical_not = _eager(_comparison.logical_not)
logical_or = _eager(_comparison.logical_or)
not_equal = _eager(_comparison.not_equal)
where = _eager(_comparison.where)
bitwise_and = _eager(_integer.bitwise_and)
bitwise_or = _eager(_integer.bitwise_or)
bitwise_xor = _eager(_integer.bitwise_xor)
floor_divide = _eager(_integer.floor_divide)
left_shift = _eager(_integer.left_shift)
remainder = _eager(_integer.remainder)
right_shift = _eager(_integer.right_shift)
bitcast = _eager(_conversion.bitcast)
cast = _eager(_conversion.cast)
stop_gradient = _eager(_conversion.stop_gradient)
full_like = _eager(_creation.full_like)
ones_like = _eager(_creation.ones_like)
zeros_like = _eager(_creation.zeros_like)
matmul = _eager(_contraction.matmul)
convolution = _eager(_convolution_forms.convolution)
convolution_transpose = _eager(_convolution_forms.convolution_transpose)
depthwise_convolution = _eager(_convolution_forms.depthwise_convolution)
broadcast_to = _eager(_movement.broadcast_to)
expand_dims = _eager(_movement.expand_dims)
flip = _eager(_movement.flip)
reshape = _eager(_movement.reshape)
squeeze = _eager(_movement.squeeze)
swapaxes = _eager(_movement.swapaxes)
transpose = _eager(_movement.transpose)
all = _eager(_composite.all)
any = _eager(_composite.any)
argmax = _eager(_composite.argmax)
argmin = _eager(_composite.argmin)
clip = _eager(_composite.clip)
concatenate = _eager(_composite.concatenate)
dot = _eager(_composite.dot)
log_softmax = _eager(_composite.log_softmax)
logsumexp = _eager(_composite.logsumexp)
max = _eager(_composite.max)
mean = _eager(_composite.mean)
min = _eager(_composite.min)
one_hot = _eager(_composite.one_hot)
pad = _eager(_composite.pad)
prod = _eager(_composite.prod)
scatter_add = _eager(_composite.scatter_add)
softmax = _eager(_composite.softmax)
split = _eager(_composite.split)
stack = _eager(_composite.stack)
attention = _eager(_attention)
std = _eager(_composite.std)
sum = _eager(_composite.sum)
take = _eager(_composite.take)
var = _eager(_composite.var)
adaptive_average_pool = _eager(_pooling.adaptive_average_pool)
adaptive_max_pool = _eager(_pooling.adaptive_max_pool)
average_pool = _eager(_pooling.average_pool)
max_pool = _eager(_pooling.max_pool)
ceil = _eager(_activation.ceil)
elu = _eager(_activation.elu)
gelu = _eager(_activation.gelu)
hard_sigmoid = _eager(_activation.hard_sigmoid)
leaky_relu = _eager(_activation.leaky_relu)
log_sigmoid = _eager(_activation.log_sigmoid)
mish = _eager(_activation.mish)
reciprocal = _eager(_activation.reciprocal)
relu = _eager(_activation.relu)
relu6 = _eager(_activation.relu6)
round = _eager(_activation.round)
rsqrt = _eager(_activation.rsqrt)
selu = _eager(_activation.selu)
silu = _eager(_activation.silu)
softplus = _eager(_activation.softplus)
softsign = _eager(_activation.softsign)
square = _eager(_activation.square)
abs = absolute

__all__ = [
    "Tensor",
    "TensorLike",
    "abs",
    "absolute",
    "adaptive_average_pool",
    "adaptive_max_pool",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "attention",
    "average_pool",
    "bitcast",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "broadcast_to",
    "cast",
    "ceil",
    "clip",
    "concatenate",
    "constant",
    "convolution",
    "convolution_transpose",
    "cos",
    "depthwise_convolution",
    "divide",
    "dot",
    "elu",
    "equal",
    "erf",
    "exp",
    "expand_dims",
    "expm1",
    "flip",
    "floor",
    "floor_divide",
    "full",
    "full_like",
    "gelu",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "isnan",
    "leaky_relu",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log_sigmoid",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "matmul",
    "max",
    "max_pool",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mish",
    "multiply",
    "negative",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "pad",
    "power",
    "prod",
    "random",
    "reciprocal",
    "relu",
    "relu6",
    "remainder",
    "reshape",
    "right_shift",
    "round",
    "rsqrt",
    "scan",
    "scatter_add",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "softmax",
    "softplus",
    "softsign",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "tanh",
    "transpose",
    "var",
    "where",
    "zeros",
    "zeros_like",
]
