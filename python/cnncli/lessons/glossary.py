"""The words and signs of the lessons, one meaning each; help texts use them in this sense."""

TERMS = {
    "sample": "one thing to learn from: an input x with its target t",
    "input": "x, the numbers that a network gets; of a picture its pixels",
    "target": "t, what the network is to give for x: a class, or numbers",
    "output": "o, what the network gives for x",
    "weight": "w, a number that is learned and multiplies a value; a bias b is one that is added",
    "loss": "E, how wrong the outputs are; of several samples the mean, where nothing else is said",
    "gradient": "dE/dw, by how much E grows for a small step of w; of many weights the vector of all of them",
    "learning rate": "rate, what the gradient is multiplied by in a step: w := w - rate dE/dw",
    "step": "one change of all weights; its gradient is that of a batch",
    "batch": "the samples of one step: all (batch descent), one (stochastic) or some (mini-batch)",
    "epoch": "as many steps as it takes to see every sample once",
    "layer": "a function with a backward pass; a network is layers behind each other, or in branches",
    "unit": "one number that a layer gives: value k of a vector, or row r, column c of map k",
    "map": "what a mask makes of a picture, a picture again; also feature map or channel",
    "mask": "the few weights that slide over a picture; also kernel or filter",
    "field of view": "the part of the picture that one unit depends on; also receptive field",
    "activation": "the function behind a layer's sums, which makes it more than a product of matrices",
    "back-propagation": "the chain rule from the loss back to every weight, with shared factors computed once",
    "overfitting": "right on the training samples and wrong on others",
}
