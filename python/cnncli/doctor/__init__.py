"""What went wrong in a training, told from what its run's folder has recorded."""
