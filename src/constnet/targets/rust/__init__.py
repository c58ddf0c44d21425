"""Rust without `std`, as `const fn` that rustc can run while it compiles."""
