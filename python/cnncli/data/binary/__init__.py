"""IDX files and the binary batches of CIFAR."""
