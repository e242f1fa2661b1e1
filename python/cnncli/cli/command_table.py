"""The commands by group: where each is, and what the help says of it, so that help need import none of them."""

from typing import NamedTuple


class Listed(NamedTuple):
    """module : below `cnncli.cli`, imported when the command runs; summary : the first line of its own help
    brief : a few words, for a list in two columns; "" where the summary has a line of its own"""

    module: str
    summary: str
    brief: str = ""


GROUPS: dict[str, dict[str, Listed]] = {
    "Use": {
        "train": Listed("train", "Train a network and write it to a model file."),
        "predict": Listed("predict", "Say what is in pictures."),
        "eval": Listed("eval_", "Measure a model on test images."),
    },
    "Look": {
        "runs": Listed("runs", "List the trainings of a folder, compare them, remove old ones.", "trainings so far"),
        "summary": Listed("summary", "Show the layers of a network and what they cost.", "layers and their cost"),
        "filters": Listed("filters", "Show the weights of a trained network.", "the learned weights"),
        "features": Listed("features", "Show what each layer makes of a picture.", "what each layer makes"),
        "saliency": Listed("saliency", "Show which pixels an answer depends on.", "pixels that count"),
        "explain": Listed(
            "explain", "Show how one number of a network comes about, term by term.", "a number, term by term"
        ),
        "step": Listed("step", "Take one training step, and show what it does.", "one training step"),
        "doctor": Listed("doctor", "Say what went wrong in a training, and which numbers say so.", "what went wrong"),
        "histograms": Listed(
            "histograms", "Show how the weights, outputs and gradients of a run are spread.", "spread of the numbers"
        ),
        "diagram": Listed("diagram", "Draw a network: its layers, shapes and branches.", "a network, drawn"),
        "field": Listed("field", "Mark what a unit of a network sees.", "what a unit sees"),
        "mask": Listed("mask", "Lay a mask over a picture: sharpen, emboss, blur, find edges.", "sharpen, blur, edges"),
    },
    "Data": {
        "data": Listed(
            "data", "Say what a data set is and what is wrong in it; show its images.", "what a data set holds"
        ),
        "sheet": Listed("class_sheet", "Print a form to write samples of your own classes on.", "a form to write on"),
        "collect": Listed("collect", "Cut photographs of filled-in forms into pictures.", "cut photos of the form"),
        "download": Listed("download", "Fetch data sets and verify them.", "fetch data sets"),
    },
    "Learn": {
        "learn": Listed("learn", "Lessons on your own numbers, in the terminal or as a page.", "lessons, your numbers"),
        "draw": Listed("draw", "Draw in the terminal, and see what a model makes of it.", "a pad in the terminal"),
        "quiz": Listed("quiz", "Eleven questions on the lecture, with numbers of their own.", "eleven questions"),
        "new-project": Listed(
            "new_project", "Write a training as five commented Python files, to be changed.", "a training to change"
        ),
        "break": Listed("break_", "Train a network with a mistake beside a healthy one.", "mistakes, on purpose"),
        "new-layer": Listed("new_layer", "Write a file to start a layer of your own from.", "start a custom layer"),
        "check-layer": Listed("check_layer", "Check a layer of your own, or one of cnn.", "test a custom layer"),
        "help": Listed("help_", "Say all that there is to say of a command.", "all about a command"),
        "completion": Listed("completion", "Let the shell complete commands, options and names.", "for your shell"),
    },
    "Share": {
        "export": Listed("export", "Write a trained network as a page to draw on.", "a page to draw on"),
        "info": Listed("info", "Say what a model is and how it was made.", "what a model is"),
        "compare": Listed(
            "compare", "Say which of two models is better, and whether that is chance.", "which model is better"
        ),
        "replay": Listed(
            "replay", "Train a model again, and say whether the same comes of it.", "train again and check"
        ),
    },
}
COMMANDS = {name: listed for commands in GROUPS.values() for name, listed in commands.items()}

# What other programs call a command.
OTHER_WORDS = {
    "fit": "train",
    "test": "eval",
    "evaluate": "eval",
    "validate": "eval",
    "val": "eval",
    "infer": "predict",
    "classify": "predict",
    "recognize": "predict",
    "show": "summary",
    "models": "summary",
    "list": "summary",
    "dataset": "data",
    "datasets": "data",
    "fetch": "download",
}
