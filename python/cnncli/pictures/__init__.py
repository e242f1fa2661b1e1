"""From a picture of any kind to the input of a network."""
