"""Data: named data sets, tables, images, arrays in files, and splitting them.

Arrays and memory maps need none of this: `Model.fit` takes them as they are.
"""

from constnet.data.arrays import read_array, read_arrays
from constnet.data.checks import require_finite, require_labels, require_rows
from constnet.data.datasets import (
    CAT_CLASSES,
    FASHION_CLASSES,
    cats,
    digits,
    fashion_mnist,
    mnist,
)
from constnet.data.encoding import TableEncoding
from constnet.data.idx import read_idx
from constnet.data.images import ImageFolder, read_image, read_image_folder
from constnet.data.sampler import DrawRandom, Sampler
from constnet.data.splitting import split
from constnet.data.table import Table, read_columns, read_table

__all__ = [
    "CAT_CLASSES",
    "FASHION_CLASSES",
    "DrawRandom",
    "ImageFolder",
    "Sampler",
    "Table",
    "TableEncoding",
    "cats",
    "digits",
    "fashion_mnist",
    "mnist",
    "read_array",
    "read_arrays",
    "read_columns",
    "read_idx",
    "read_image",
    "read_image_folder",
    "read_table",
    "require_finite",
    "require_labels",
    "require_rows",
    "split",
]
