"""Trains and runs the same networks with constnet and its peers, in one run, alternating."""
