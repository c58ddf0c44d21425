"""Languages that a loop program is printed into: a spelling and a printer each, no operation."""
