"""A convolution learns the mask that made one picture from another, from pairs of them alone."""

import numpy as np

from cnncli.criteria import MSELoss
from cnncli.layers import Conv2d
from cnncli.network import Network
from cnncli.optim import Adam
from cnncli.program import Program

rng = np.random.default_rng(5)
mask = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float32)  # emboss
before = rng.uniform(0, 1, (32, 1, 12, 12)).astype(np.float32)
maker = Conv2d(1, 1, 3, bias=False)
maker.weight[0, 0] = mask
after = maker.forward(before)

layer = Conv2d(1, 1, 3)
program = Program(Network([layer], (1, 12, 12)), 32, criterion=MSELoss(), optimizer=Adam(0.05))
program.bind(before, after)
for step in range(401):
    loss = program.step(np.arange(32), step=step, epoch=0).loss
    if step % 100 == 0:
        print(f"step {step:3}: loss {loss:.6f}")
print("learned")
print(layer.weight[0, 0].round(2) + 0.0)
