"""The files of a project. What stands between @ and @ is put in by `make`."""

DATA = '''"""Stage 1: the data. Samples, each an input x (an image) with its target t (a class).

    python data.py      says what there is
"""

import cnncli
@DATA_IMPORTS@
SEED = @SEED@

# The data set: images as bytes, uint8 (samples, channels, height, width), and the number of each one's class.
@RECIPE@everything = cnncli.data.load(@DATA@)
class_names = everything.class_names

@PARTS@

# Normalization: every image becomes (byte / 255 - mean) / scale, with the mean and the standard deviation of the
# training images. Test images get those of the training images too: they are never looked at before the test.
recipe = measure_recipe(everything, @BUT_FOR@)

if __name__ == "__main__":
    print(f"{len(class_names)} classes:", ", ".join(class_names))
    print(f"@COUNT@ training images, {len(test):,} test images, {recipe.shape}")
    print(f"normalized with mean {recipe.mean} and scale {recipe.scale}")
'''

RECIPE = '''# How a picture becomes an image that the network takes, as `cnn train` decides it for these pictures.
how = InputRecipe(@ASKED@)
'''

PARTS = '''# Training images teach the weights, test images tell what was learned.
kept = None  # numbers of the training images that are trained on; None: all of them
test = everything.test
held_out = @HELD_OUT@'''

PARTS_HELD_OUT = '''# These data have no test images. A tenth of each class is held out, the same as `cnn train` holds
# out: what a network was trained on says nothing about what it has learned.
kept, test = hold_out(everything.train, 0.1, SEED)
held_out = test'''

MODEL = '''"""Stage 2: the model. Layers behind each other: each takes what the one before it gives, o = f3(f2(f1(x))).

    python model.py     shows the layers and their parameters
"""

import cnncli
from cnncli.layers import @LAYERS@

from data import SEED, class_names, recipe


def make_network():
    """@TITLE@, with random weights."""
    layers = [
@LAYER_LINES@
    ]
    # No softmax at the end: the loss of the next stage has it in it.
    network = cnncli.Network(layers, @SHAPE@, class_names, name=@NAME@, recipe=recipe)
    network.initialize(SEED)
    return network


if __name__ == "__main__":
    network = make_network()
    print(network)
    print(f"{network.parameter_count():,} parameters")
'''

LOSS = '''"""Stage 3: the loss. One number E that says how wrong the outputs are: the smaller, the better.

    python loss.py      computes it for one example
"""

from cnncli.criteria import CrossEntropyLoss

# Softmax makes probabilities of the outputs o: p_k = exp(o_k) / sum of exp(o_j). The loss of a sample is the negative
# logarithm of the probability of its target, E = -log p_t, and that of a batch the mean over its samples.
# Torch7 has LogSoftMax and ClassNLLCriterion for it; CrossEntropyLoss is both in one.
criterion = CrossEntropyLoss(@LOSS@)

if __name__ == "__main__":
    outputs, target = [[14.0, 11.0, 16.0]], [2]  # classes count from 0: the target is the third
    print(f"outputs {outputs[0]}, target {target[0]}: E = {criterion.forward(outputs, target):.4f}")
    # The gradient is the probabilities, less 1 at the target: where the outputs have to go.
    print("dE/do =", [round(float(value), 4) for value in criterion.backward(outputs, target)[0]])
'''

TRAIN = '''"""Stage 4: the training. Small steps against the gradient, w := w - rate dE/dw, batch by batch.

    python train.py     trains, and writes model.bin

`@COMMAND@` comes to the same weights, bit for bit.
"""

import cnncli
from cnncli.training.records import EpochDone

from data import SEED, everything, held_out, kept
from loss import criterion
from model import make_network

EPOCHS = @EPOCHS@  # how often every training image is seen
BATCH_SIZE = @BATCH_SIZE@  # images of one step; the gradient is the mean over them


def make_optimizer():
    """What makes a step of a gradient; the first number is the rate, the largest one of the schedule."""
    return cnncli.optim.@OPTIMIZER@


def one_step_by_hand():
    """What a step is, in six lines, on a network of its own. Returns the loss of the batch before and after."""
    network, optimizer = make_network(), make_optimizer()
    optimizer.lr /= 10  # a first step is a careful one
    network.train()
    images, targets = everything.train.images[:BATCH_SIZE], everything.train.labels[:BATCH_SIZE]

    network.zero_grad_parameters()                      # gradients add up, so they start at 0
    outputs = network.forward(images)                   # forward: o = f(x)
    before = criterion.forward(outputs, targets)        # how wrong: E
    grad_output = criterion.backward(outputs, targets)  # dE/do
    network.backward(images, grad_output)               # back-propagation: dE/dw of every weight
    optimizer.step(network.named_parameters())          # w := w - rate dE/dw

    return before, criterion.forward(network.forward(images), targets)


def train():
    """All steps of all epochs. The trainer does in one native call what `one_step_by_hand` does in six lines."""
    network = make_network()
    trainer = cnncli.Trainer(
        network,
        everything,
        criterion,
        make_optimizer(),
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        only=kept,
        validation=held_out,
        seed=SEED,  # of the order of the images, which is drawn anew in each epoch
@MORE@
    )
    for record in trainer:  # a few records a second, and one at the end of each epoch
        if isinstance(record, EpochDone):
            right = f"{100 * record.accuracy:.2f} % right"
            if record.validation_accuracy is not None:
                right += f", held out {100 * record.validation_accuracy:.2f} %"
            print(f"epoch {record.epoch} of {EPOCHS}: loss {record.loss:.4f}, {right}, {record.seconds:.1f} s")
    return network


if __name__ == "__main__":
    before, after = one_step_by_hand()
    print(f"one step by hand: the loss of its batch goes from {before:.4f} to {after:.4f}")
    cnncli.save(train(), "model.bin")
    print("model.bin: now python test.py, or cnn predict PICTURE --model model.bin")
'''

TEST = '''"""Stage 5: the test. What the network is right on that it was not trained on, and what it takes for what.

    python test.py      after python train.py
"""

import cnncli

from data import class_names, test


def measure(model):
    """The confusion matrix of the test images: a row for each true class, a column for each answer."""
    matrix = cnncli.measures.ConfusionMatrix(class_names)
    matrix.batch_add(model.predict(test.images).labels, test.labels)
    return matrix


if __name__ == "__main__":
    matrix = measure(cnncli.load("model.bin"))
    print(matrix)
    print(f"right: {100 * matrix.total_valid:.2f} % of {len(test):,} test images")
'''

README = '''# A training in five stages

As in Torch7's tutorial, a file for each stage, with the names of the lecture. Each runs by itself; read and change
them in this order.

| file | stage | |
|---|---|---|
| `data.py` | the data | samples, targets, classes; training and test; normalization |
| `model.py` | the model | layers behind each other |
| `loss.py` | the loss | softmax and the negative log-likelihood |
| `train.py` | the training | one step in six lines; then all of them |
| `test.py` | the test | what is right, and what is taken for what |

```sh
python train.py && python test.py
```

The same in one command, to the same weights, bit for bit (`cnn info` shows their SHA-256):

```sh
@COMMAND@
```
@SAME@
## To try

- `EPOCHS = 1` in `train.py`, or a rate ten times as large or as small in `make_optimizer`: what becomes of the loss?
- Leave out a layer in `model.py`, and mend the sizes that follow; `python model.py` says what does not fit.
- `cnn learn` explains each stage with numbers, `cnn quiz` asks.
'''

OF_LAST_EPOCH = '''
`cnn train` keeps the epoch that is best on the images that are held out; `train.py` keeps the last one, which the
command leaves as `last.bin` in its run's folder.
'''
