"""The objects of the kernel bodies, compiled once per instruction set: one table each, and nothing to share.

A weak symbol (an inline function, a template) compiled with AVX-512 flags may be the copy the linker keeps
for everybody, and crash an older CPU; so may a static initializer, which runs before the CPU is asked.
CNN_TEST_BUILD names the folder that CMake built in; without it there are no objects to look at.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BUILD = os.environ.get("CNN_TEST_BUILD")
CPP = Path(__file__).parents[2] / "cpp"

pytestmark = [
    pytest.mark.skipif(not BUILD, reason="CNN_TEST_BUILD is not set; set it to the folder CMake built in"),
    pytest.mark.skipif(not shutil.which("nm"), reason="nm is not installed; apt-get install binutils"),
]

OBJECTS = sorted(Path(BUILD or "nowhere").rglob("simd_*.dir/**/*.simd.cpp.o"))


def instruction_set(path: Path) -> str:
    (name,) = re.findall(r"simd_(\w+)\.dir", str(path))
    return name


def symbols(path: Path) -> list[tuple[str, str]]:
    """(type letter, demangled name) of each symbol; see `man nm` for the letters."""
    result = subprocess.run(["nm", "--demangle", path], capture_output=True, text=True, check=True)
    found = re.findall(r"^(?:[0-9a-f]+)? *([a-zA-Z?]) (.+)$", result.stdout, re.MULTILINE)
    return [(letter, name) for letter, name in found]


each_object = pytest.mark.parametrize(
    "path", OBJECTS, ids=lambda path: f"{instruction_set(path)}-{path.stem}"
)


def test_every_body_was_compiled_for_every_instruction_set() -> None:
    bodies = {path.name for path in CPP.rglob("*.simd.cpp")}
    compiled: dict[str, set[str]] = {}
    for path in OBJECTS:
        compiled.setdefault(instruction_set(path), set()).add(path.name.removesuffix(".o"))
    assert compiled, f"no objects of *.simd.cpp under {BUILD}"
    for name, found in compiled.items():
        assert found >= bodies, f"{name} lacks {sorted(bodies - found)}"


@each_object
def test_object_exports_one_table_in_the_namespace_of_its_instruction_set(path: Path) -> None:
    exported = [(letter, name) for letter, name in symbols(path) if letter.isupper() and letter != "U"]
    stem = path.name.removesuffix(".simd.cpp.o")
    assert len(exported) == 1, exported
    letter, name = exported[0]
    assert name.startswith(f"cnn::{instruction_set(path)}::{stem}"), name
    assert letter in "RD", f"{name} is of type {letter}, not data"


@each_object
def test_object_has_no_weak_symbols(path: Path) -> None:
    weak = [(letter, name) for letter, name in symbols(path) if letter in "vVwWu"]
    assert not weak


@each_object
def test_object_has_no_static_initializers(path: Path) -> None:
    initializers = [
        name for _, name in symbols(path) if re.search(r"_GLOBAL__|static_initialization|__cxx_global", name)
    ]
    assert not initializers
    sections = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"\.(init_array|ctors|preinit_array)", sections)


@each_object
def test_object_calls_only_the_c_library(path: Path) -> None:
    """An undefined C++ name is a function of another file, which may be compiled with other flags."""
    called = [name for letter, name in symbols(path) if letter == "U"]
    assert not [name for name in called if "::" in name or "(" in name]
