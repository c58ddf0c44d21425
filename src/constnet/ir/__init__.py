"""The graph of tensors with static shapes, its text and its rules."""
