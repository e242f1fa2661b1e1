"""Trainings with one mistake each, beside a healthy twin, so that one sees what the mistake looks like."""
