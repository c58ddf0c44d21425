"""C99, strict for artefacts and with GNU vector extensions for the host."""
