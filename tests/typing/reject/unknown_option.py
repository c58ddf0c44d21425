from constnet import nn

layer = nn.Dense(8, activations="relu")  # names: overload
