"""The loop language: static loops over flat buffers, the only thing a printer sees."""
