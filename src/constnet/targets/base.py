"""The machine description that targets share with the schedule."""

from constnet.lowering.target import PORTABLE, Target

__all__ = ["PORTABLE", "Target"]
