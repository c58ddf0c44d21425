"""The `constnet` command: one module per subcommand, no logic beyond parsing and printing.

Nothing heavy is imported before a subcommand runs, so `constnet --help` answers at once.
"""

__all__: list[str] = []
