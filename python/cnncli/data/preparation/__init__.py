"""From the pictures of a set to the images of a network: decided once, decoded, kept."""
