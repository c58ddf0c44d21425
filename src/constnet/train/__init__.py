"""Training: one step as a graph, the loop around it, and what a user touches besides layers."""
