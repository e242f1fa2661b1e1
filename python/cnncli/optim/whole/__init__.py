"""Optimizers that see all parameters as one vector and ask for losses and gradients as often as they like."""
