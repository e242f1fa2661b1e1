"""The words and signs of the lessons."""

from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words
from cnncli.lessons.glossary import TERMS


def lesson(asked: Asked) -> Lesson:
    images, batch = 60_000, 64
    steps = -(-images // batch)
    return Lesson(
        name="notation",
        title="Notation: the words and signs of all lessons",
        blocks=[
            Words("Each word has one meaning here, and in the help of every command."),
            Numbers("glossary", ["word", "meaning"], [[word, meaning] for word, meaning in TERMS.items()]),
        ],
        question=Question(
            f"How many steps has an epoch of {images:,} samples in batches of {batch}?",
            [
                Choice(
                    f"{steps:,}", True, f"{images:,} / {batch} = {images / batch:g}, and the last batch is smaller."
                ),
                Choice(f"{images // batch:,}", False, "The samples that are left over make a step of their own."),
                Choice(f"{images:,}", False, "That is stochastic descent, with batches of one sample."),
                Choice("1", False, "That is batch descent, where all samples make one step."),
            ],
        ),
        go_on=["cnn data digits                            # samples and classes", "cnn learn regression"],
        values={"terms": dict(TERMS), "steps": steps},
    )
