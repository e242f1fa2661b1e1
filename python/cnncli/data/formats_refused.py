"""Files that are known and not read: what each is, and the line of Python that turns it into one that is."""

import re
import struct
from pathlib import Path

from cnncli.errors import DataError
from cnncli.shown import printable, typed

HEAD_BYTES = 1024  # of a file, which suffice to tell
_FOOTER_BYTES = 1 << 20
_PICKLE = "a pickle, which is never read since it may run any program"
_H5 = (
    "import h5py, numpy; f = h5py.File('{name}'); "
    "numpy.savez('{stem}.npz', **{{k: f[k][:] for k in f if hasattr(f[k], 'shape')}})"
)
_MAT = (
    "import numpy, scipy.io; m = scipy.io.loadmat('{name}'); "
    "numpy.savez('{stem}.npz', **{{k: v for k, v in m.items() if k[:2] != '__'}})"
)
_TABLE = "import pandas; pandas.read_{kind}('{name}').to_csv('{stem}.csv', index=False)"
_PICTURES = (
    "import pandas, pathlib; d = pandas.read_parquet('{name}'); "
    "[(p.parent.mkdir(parents=True, exist_ok=True), p.write_bytes(r.image['bytes'])) for i, r in "
    "enumerate(d.itertuples()) for p in [pathlib.Path('{stem}', str(r.label), str(i))]]"
)
_ARFF = (
    "t = open('{name}').read(); open('{stem}.csv', 'w').write(t[t.lower().index('@data') + 5:].lstrip())"
)
_LIBSVM = (
    "import numpy, sklearn.datasets as s; x, y = s.load_svmlight_file('{name}'); "
    "numpy.savez('{stem}.npz', x=x.toarray(), y=y)"
)
_TORCH = (
    "import numpy, torch; d = torch.load('{name}', weights_only=True); "
    "numpy.savez('{stem}.npz', x=d[0].numpy(), y=d[1].numpy())"
)
_UNPICKLE = (
    "import numpy, pickle; d = pickle.load(open('{name}', 'rb'), encoding='latin1'); "
    "numpy.savez('{stem}.npz', x=d['data'], y=d['labels'])"
)
_CIFAR = (
    "import numpy as n, pickle; "
    "d = [pickle.load(open('{folder}/' + f, 'rb'), encoding='latin1') for f in ['data_batch_%d' % i for i in "
    "range(1, 6)] + ['test_batch']]; "
    "n.savez('cifar10.npz', x_train=n.concatenate([b['data'] for b in d[:5]]).reshape(-1, 3, 32, 32), "
    "y_train=sum([b['labels'] for b in d[:5]], []), x_test=d[5]['data'].reshape(-1, 3, 32, 32), y_test=d[5]['labels'])"
)
_STL = (
    "import numpy as n; y = lambda f: n.fromfile('{folder}/' + f, 'u1'); "
    "x = lambda f: y(f).reshape(-1, 3, 96, 96).transpose(0, 1, 3, 2); n.savez('stl10.npz', "
    "x_train=x('train_X.bin'), y_train=y('train_y.bin'), x_test=x('test_X.bin'), y_test=y('test_y.bin'))"
)
_TFRECORD = (
    "import numpy, tensorflow_datasets as t; x, y = t.as_numpy(t.load('mnist', split='train', batch_size=-1, "
    "as_supervised=True)); numpy.savez('mnist.npz', x=x, y=y)"
)


def refusal(path: Path, head: bytes) -> str | None:
    """What this file is and how to convert it, as the rest of one line; None for a file that is not known.

    head : its first bytes, HEAD_BYTES or more, or all
    """
    suffix = path.suffix.lower()
    name = path.name.lower()
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        if suffix == ".mat":
            return f"a MATLAB file of version 7.3, which is HDF5; convert it: {_python(_H5, path)}"
        return f"an HDF5 file; convert it: {_python(_H5, path)}"
    if head.startswith(b"MATLAB 5.0 MAT-file") or suffix == ".mat":
        return f"a MATLAB file; convert it: {_python(_MAT, path)}"
    if head.startswith(b"PAR1"):
        if b"bytes" in _footer(path):
            return (
                f"a parquet file with pictures in its cells; write them into class folders: {_python(_PICTURES, path)}"
            )
        return f"a parquet file; convert it: {_python(_TABLE, path, kind='parquet')}"
    if head.startswith((b"ARROW1", b"FEA1")) or suffix in (".arrow", ".feather"):
        return f"an Arrow file; convert it: {_python(_TABLE, path, kind='feather')}"
    if suffix in (".tfrecord", ".tfrecords") or ".tfrecord-" in name:
        return f"a TFRecord file of TensorFlow; save its arrays, such as by: {_python(_TFRECORD, path)}"
    if suffix in (".pt", ".pth", ".pt2", ".ckpt"):
        return f"a file of PyTorch, {_PICKLE}; convert one you trust: {_python(_TORCH, path)}"
    if _is_pickle(head) or suffix in (".pkl", ".pickle", ".p") or name.endswith((".pkl.gz", ".pickle.gz")):
        return f"{_PICKLE}; convert one you trust: {_python(_UNPICKLE, path)}"
    return _packed(path, head, name) or _document(path, head, suffix)


def _packed(path: Path, head: bytes, name: str) -> str | None:
    quoted = typed(path)
    if head.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in head or b"xl/" in head or name.endswith((".xlsx", ".xlsm", ".ods")):
            return 'a spreadsheet; save it as CSV ("CSV UTF-8")'
        if b"data.pkl" in head or b"/version" in head[:200]:
            return f"a file of PyTorch, {_PICKLE}; convert one you trust: {_python(_TORCH, path)}"
        return f"a zip archive; unpack it (unzip {quoted}) and pass the folder"
    if name.endswith((".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tar.xz", ".tbz2", ".txz")) or head[257:262] == b"ustar":
        return f"a tar archive; unpack it (tar xf {quoted}) and pass the folder"
    for signature, kind, command in (
        (b"\x1f\x8b", "gzip", "gunzip"), (b"BZh", "bzip2", "bunzip2"), (b"\xfd7zXZ\0", "xz", "unxz"),
        (b"Rar!", "RAR", "unrar x"), (b"7z\xbc\xaf\x27\x1c", "7-Zip", "7z x"), (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
    ):  # fmt: skip
        if head.startswith(signature):
            return f"a file packed by {kind}; unpack it ({command} {quoted}) and pass what was in it"
    return None


def _document(path: Path, head: bytes, suffix: str) -> str | None:
    if head.startswith(b"SQLite format 3\0"):
        return "an SQLite database; export its table as CSV"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return 'an old Office file; save it as CSV ("CSV UTF-8")'
    if head.startswith(b"%PDF"):
        return "a PDF; save its pictures as files, one folder a class"
    if suffix == ".arff" or re.match(rb"(?i)\s*(%[^\n]*\n\s*)*@relation\b", head):
        return f"an ARFF file of Weka or OpenML; take its rows: {_python(_ARFF, path)}"
    if re.match(rb"[-+.\d]+( \d+:[-+.\deE]+){2,}", head):
        return f"a LIBSVM file; convert it: {_python(_LIBSVM, path)}"
    if suffix in (".json", ".jsonl", ".xml", ".yaml", ".yml"):
        return f"a {suffix[1:].upper()} file, which is no list of pictures; write a CSV of path,label"
    return None


def folder_refusal(folder: Path) -> str | None:
    """The same for folders of files that are known and not read."""
    if all((folder / name).is_file() for name in ("data_batch_1", "batches.meta")):
        line = _python(_CIFAR, folder, folder=folder)
        return f"holds CIFAR-10 as pickles, which are never read since they may run any program; convert it: {line}"
    if (folder / "train").is_file() and (folder / "meta").is_file():
        return (
            "holds CIFAR-100 as pickles, which are never read since they may run any program; "
            "fetch its binary form (cifar-100-binary.tar.gz) and pass that folder"
        )
    if (folder / "train_X.bin").is_file():
        return f"holds STL-10 in its binary form; convert it: {_python(_STL, folder, folder=folder)}"
    return None


def refuse(path: Path, head: bytes) -> None:
    """Raises DataError if the file is one of these."""
    why = refusal(path, head)
    if why is not None:
        raise DataError(f"{printable(path)}: {why}")


def _is_pickle(head: bytes) -> bool:
    """Protocol 2 to 5 begins with its number; older ones cannot be told."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5 and head[2:3] in b"c(}]\x95\x8ac\x94"


def _footer(path: Path) -> bytes:
    """The end of a parquet file, in which its columns are named."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 8))
            tail = file.read(8)
            length = struct.unpack("<I", tail[:4])[0] if len(tail) == 8 else 0
            file.seek(max(0, size - 8 - min(length, _FOOTER_BYTES)))
            return file.read(_FOOTER_BYTES)
    except OSError:
        return b""


def _python(line: str, path: Path, **more: object) -> str:
    values = {key: _escaped(str(value)) for key, value in more.items()}
    program = line.format(name=_escaped(str(path)), stem=_escaped(str(path.with_suffix(""))), **values)
    return f'python -c "{program}"'


def _escaped(text: str) -> str:
    """Text within the quotes of the line: what would end them is a question mark, which no copy takes for the file."""
    return "".join("?" if char in "'\"\\$`" or not char.isprintable() else char for char in text)
