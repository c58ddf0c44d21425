"""Checks for whoever adds an operation or a layer: the same that constnet's own pass."""

from constnet.testing.gradcheck import gradcheck, trace
from constnet.testing.suite import check_operation, sample_graph

__all__ = ["check_operation", "gradcheck", "sample_graph", "trace"]
