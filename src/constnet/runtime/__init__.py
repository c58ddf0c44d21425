"""Compiling, caching and running programs on this machine."""

from constnet.runtime.engine import NativeEngine
from constnet.runtime.host import set_threads, threads

__all__ = ["NativeEngine", "set_threads", "threads"]
