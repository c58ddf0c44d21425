from constnet import nn

net = nn.Sequential(nn.Dense(2, 8), nn.ReLU)  # names: ReLU
