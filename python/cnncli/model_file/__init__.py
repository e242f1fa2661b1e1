"""What a model file holds beside bytes: a network, a checkpoint, how sure is sure."""
