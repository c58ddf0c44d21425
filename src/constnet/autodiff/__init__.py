"""Gradients of traced functions."""

from constnet.autodiff.reverse import gradients

__all__ = ["gradients"]
