"""The training loop, and around it run folders, targets, records and what is checked before."""
