from constnet import nn

layer = nn.Dense(2, 8)
kernel = layer.kernel  # names: kernel
