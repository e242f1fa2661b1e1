"""Where the data sets with names come from: files, digests, mirrors, classes. Data only; docs/datasets.md has licences.

Sources of the digests and sizes:

- MNIST: SHA-256 of the content, decompressed, since mirrors compress again; taken from the four files of LeCun, Cortes
  and Burges, whose .gz have the MD5 that torchvision lists (torchvision/datasets/mnist.py, class MNIST).
- The others: SHA-256 and size of the files as their authors serve them, from TensorFlow Datasets
  (tensorflow_datasets/url_checksums/fashion_mnist.txt, kmnist.txt, emnist.txt). Their authors publish MD5, or nothing:
  Fashion-MNIST's README and torchvision's mnist.py (classes FashionMNIST, KMNIST, EMNIST) have MD5 of the same files.
"""

import string
from dataclasses import dataclass

_IMAGE_PIXELS = 28 * 28
_IMAGE_HEADER, _LABEL_HEADER = 16, 8  # bytes before the values of an IDX file


@dataclass(frozen=True)
class RemoteFile:
    """A file as the mirrors serve it.

    name : its name on a mirror (after the mirror's URL) and in the cache
    size_bytes : as its authors serve it
    sha256 : 64 hex digits
    of_content : the digest is of the decompressed content, and the size may differ; else it is of the file itself
    content_bytes : exact size of the decompressed content; more is a bomb
    """

    name: str
    size_bytes: int
    sha256: str
    of_content: bool
    content_bytes: int

    @property
    def most_bytes(self) -> int:
        """No mirror is allowed to send more: stored instead of compressed, gzip adds less than 1 %."""
        return self.content_bytes + self.content_bytes // 100 + 1024 if self.of_content else self.size_bytes


@dataclass(frozen=True)
class Source:
    """A data set that can be fetched by name.

    title : what its authors call it
    licence : as its authors state it; docs/datasets.md says where
    folders : where its files are, below a folder of data sets: ours first, then that of torchvision
    mirrors : URLs, https only, tried in this order; the file's name is appended
    files : what is fetched
    parts : "train-images", "train-labels", "t10k-images", "t10k-labels" to the IDX file of each; in an archive the
        member `gzip/NAME`
    siblings : for an archive, the IDX files of other data sets in it, unpacked with these
    transposed : the images lie as columns, against MNIST's rows
    first_label : the label of class_names[0]
    digest : `DataSet.digest` of what the files hold, where it is known (a test computes it); "" elsewhere
    """

    name: str
    title: str
    licence: str
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]
    parts: dict[str, str]
    class_names: tuple[str, ...]
    siblings: tuple[str, ...] = ()
    transposed: bool = False
    first_label: int = 0
    digest: str = ""

    @property
    def is_archive(self) -> bool:
        return self.files[0].name.endswith(".zip")


_MNIST_PARTS = {
    "train-images": "train-images-idx3-ubyte.gz",
    "train-labels": "train-labels-idx1-ubyte.gz",
    "t10k-images": "t10k-images-idx3-ubyte.gz",
    "t10k-labels": "t10k-labels-idx1-ubyte.gz",
}
_MNIST_CONTENT_BYTES = {
    "train-images": _IMAGE_HEADER + 60_000 * _IMAGE_PIXELS,
    "train-labels": _LABEL_HEADER + 60_000,
    "t10k-images": _IMAGE_HEADER + 10_000 * _IMAGE_PIXELS,
    "t10k-labels": _LABEL_HEADER + 10_000,
}


def _like_mnist(digests: dict[str, tuple[int, str]], *, of_content: bool) -> tuple[RemoteFile, ...]:
    """The four files of a set with MNIST's shapes, from part to (size of the .gz, SHA-256)."""
    return tuple(
        RemoteFile(_MNIST_PARTS[part], size_bytes, sha256, of_content, _MNIST_CONTENT_BYTES[part])
        for part, (size_bytes, sha256) in digests.items()
    )


def _emnist_parts(kind: str) -> dict[str, str]:
    return {
        f"{ours}-{what}": f"emnist-{kind}-{theirs}-{what}-idx{dimensions}-ubyte.gz"
        for ours, theirs in (("train", "train"), ("t10k", "test"))
        for what, dimensions in (("images", 3), ("labels", 1))
    }


_EMNIST_ZIP = RemoteFile(
    "gzip.zip",
    561_753_746,
    "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    of_content=False,
    content_bytes=561_753_746,
)
_EMNIST_MIRRORS = (
    "https://biometrics.nist.gov/cs_links/EMNIST/",
    "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
    "https://rds.westernsydney.edu.au/Institutes/MARCS/BENS/EMNIST/emnist-",  # emnist-gzip.zip
)
_DIGITS = tuple(string.digits)

_ALL = (
    Source(
        name="mnist",
        title="MNIST",
        licence="CC BY-SA 3.0, copyright Yann LeCun and Corinna Cortes",
        folders=("mnist", "MNIST/raw"),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://systemds.apache.org/assets/datasets/mnist/",
        ),
        files=_like_mnist(
            {
                "train-images": (9_912_422, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
                "train-labels": (28_881, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
                "t10k-images": (1_648_877, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
                "t10k-labels": (4_542, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
            },
            of_content=True,
        ),
        parts=_MNIST_PARTS,
        class_names=_DIGITS,
        digest="2780c15709a66c1eef2de9e3a93afc9d7b503961270ef5bcf2748d1b29674895",
    ),
    Source(
        name="fashion-mnist",
        title="Fashion-MNIST",
        licence="MIT, copyright Zalando SE",
        folders=("fashion-mnist", "FashionMNIST/raw"),
        mirrors=(
            "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        files=_like_mnist(
            {
                "train-images": (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                "train-labels": (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                "t10k-images": (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                "t10k-labels": (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
            },
            of_content=False,
        ),
        parts=_MNIST_PARTS,
        # The README of zalandoresearch/fashion-mnist, "Labels".
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
    Source(
        name="kmnist",
        title="Kuzushiji-MNIST",
        licence="CC BY-SA 4.0, KMNIST Dataset (created by CODH)",
        folders=("kmnist", "KMNIST/raw"),
        mirrors=("https://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        files=_like_mnist(
            {
                "train-images": (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
                "train-labels": (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
                "t10k-images": (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
                "t10k-labels": (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
            },
            of_content=False,
        ),
        parts=_MNIST_PARTS,
        # The first hiragana of ten rows, in the order of kmnist_classmap.csv.
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    Source(
        name="emnist-digits",
        title="EMNIST Digits",
        licence="none stated; from NIST Special Database 19",
        folders=("emnist",),
        mirrors=_EMNIST_MIRRORS,
        files=(_EMNIST_ZIP,),
        parts=_emnist_parts("digits"),
        class_names=_DIGITS,
        siblings=tuple(_emnist_parts("letters").values()),
        transposed=True,
    ),
    Source(
        name="emnist-letters",
        title="EMNIST Letters",
        licence="none stated; from NIST Special Database 19",
        folders=("emnist",),
        mirrors=_EMNIST_MIRRORS,
        files=(_EMNIST_ZIP,),
        parts=_emnist_parts("letters"),
        class_names=tuple(string.ascii_lowercase),
        siblings=tuple(_emnist_parts("digits").values()),
        transposed=True,
        first_label=1,
    ),
)

SOURCES: dict[str, Source] = {source.name: source for source in _ALL}
