"""Whether `cnn doctor` names the faults of broken trainings, and is silent on healthy ones."""
