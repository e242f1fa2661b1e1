"""The layers of the program: every import and every include points down, never up or sideways.

A new module or folder is added to a layer of the tables below; what it may use is then decided.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "cnncli"
CPP = ROOT / "cpp"

_SETS = {"sets", "pictures", "storage", "core", "errors"}

# Layer: (its folders and modules, the layers it may use). Modules of one layer may use each other. What is within a
# folder and stands here by itself ("data.tables") is no part of that folder's layer.
PYTHON_LAYERS: dict[str, tuple[set[str], set[str]]] = {
    "errors": ({"errors", "version", "limits", "shown", "array_types", "number_recipe", "custom_code", "nearest",
         "option_row", "shipped", "training_options", "augmentation", "augmentation_options"}, set()),
    "core": ({"_core"}, set()),
    "storage": ({"storage"}, {"errors"}),
    "layers": ({"layers"}, {"core", "errors"}),
    "criteria": ({"criteria"}, {"layers", "core", "errors"}),
    "optim": ({"optim"}, {"layers", "core", "errors"}),
    "segmentation": ({"pictures.segmentation"}, {"errors"}),
    "pictures": ({"pictures"}, {"segmentation", "storage", "errors"}),
    "forms": ({"forms"}, {"pictures", "segmentation", "storage", "errors"}),
    "network": ({"network"}, {"layers", "pictures", "storage", "errors"}),
    "program": ({"program"}, {"network", "criteria", "optim", "layers", "core", "errors"}),
    "measures": ({"measures"}, {"storage", "errors"}),
    "pages": ({"pages"}, {"measures", "errors"}),
    "plugins": ({"plugins"}, {"criteria", "optim", "layers", "storage", "errors"}),
    "model_file": ({"model_file"}, {"network", "layers", "storage", "errors"}),
    "checks": (
        {"checks"}, {"program", "model_file", "network", "criteria", "optim", "layers", "core", "errors"},
    ),
    "sets": (
        {"data.dataset", "data.raw", "data.classes", "data.digits", "data.split", "data.held_out", "data.part_names",
         "data.number_set", "data.tree", "data.layout", "data.resolve", "data.fetch_records",
         "data.imbalance"},
        {"pictures", "storage", "core", "errors"},
    ),
    "binary": ({"data.binary"}, _SETS),
    "array files": ({"data.array_files"}, _SETS),
    "tables": ({"data.tables"}, {"array files", *_SETS}),
    "download": ({"data.download"}, {"binary", *_SETS}),
    "preparation": ({"data.preparation"}, {"segmentation", *_SETS}),
    "inspection": ({"data.inspection"}, {"preparation", *_SETS}),
    "data": ({"data"}, {"download", "preparation", "tables", "array files", "binary", *_SETS}),
    "training": (
        {"training"},
        {"plugins", "program", "network", "model_file", "data", "sets", "criteria", "optim", "layers", "pictures",
         "storage", "core", "errors"},
    ),
    "pad": ({"pad"}, {"storage", "errors"}),
    "project": (
        {"project"},
        {"training", "network", "data", "sets", "preparation", "criteria", "optim", "layers", "pictures", "storage",
         "errors"},
    ),
    "microscope": (
        {"microscope"}, {"training", "network", "criteria", "optim", "layers", "core", "errors"},
    ),
    "model": (
        {"model"},
        {"measures", "program", "network", "model_file", "data", "sets", "criteria", "layers", "pictures", "storage",
         "errors"},
    ),
    "views": ({"views"}, {"microscope", "model", "network", "layers", "pictures", "segmentation", "errors"}),
    "exports": (
        {"exports"}, {"pages", "model", "program", "network", "layers", "core", "errors"},
    ),
    "lessons": (
        {"lessons"},
        {"views", "pages", "checks", "model", "model_file", "data", "download", "sets", "tables", "program", "network",
         "criteria", "optim", "layers", "pictures", "errors"},
    ),
    "doctor": ({"doctor"}, {"training", "measures", "storage", "errors"}),
    "broken": (
        {"broken"},
        {"doctor", "lessons", "training", "pages", "program", "network", "data", "sets", "optim", "layers", "pictures",
         "errors"},
    ),
    "front": (
        {"__init__"},
        {"views", "measures", "plugins", "model", "training", "data", "network", "criteria", "optim", "layers",
         "errors"},
    ),
}  # fmt: skip
TOP = {"cli", "__main__"}  # may use everything

# Who may use a library of others; the rest of the package works without it.
LIBRARIES = {
    "click": {"cli"},
    "rich": {"cli"},
    "plotext": {"cli"},
    "PIL": {"forms", "pad", "lessons", "pictures", "pictures.segmentation", "data.preparation", "data.inspection",
            "views",
            "cli"},
    "requests": {"data.download"},
    "safetensors": {"storage"},
}

# Folder of cpp/kernels/: what else it may include. One family of layers each, or what few families share.
KERNEL_FAMILIES: dict[str, set[str]] = {
    "kernels/activation": {"core", "simd"},
    "kernels/augmentation": {"core", "random", "simd"},
    "kernels/batch_normalization": {"core", "simd"},
    "kernels/dropout": {"core", "random"},
    "kernels/gains": {"core", "simd"},
    "kernels/gemm": {"core", "simd"},
    "kernels/group_normalization": {"core", "simd"},
    "kernels/joins": {"core"},
    "kernels/linear": {"core", "simd"},
    "kernels/muon": {"kernels/gemm", "core", "simd"},
    "kernels/loss": {"core", "simd"},
    "kernels/padding": {"core"},
    "kernels/pooling": {"core", "random", "simd"},
    "kernels/response_normalization": {"core", "simd"},
    "kernels/softmax": {"core", "simd"},
    "kernels/update": {"core", "simd"},
    "kernels/upsampling": {"core", "simd"},
    "kernels/convolution": {"kernels/pooling", "core", "simd"},
    "kernels/pooled_gradient": {"kernels/convolution", "kernels/pooling", "core", "simd"},
    "kernels/single": {"kernels/activation", "kernels/convolution", "kernels/pooling", "core", "simd"},
    "kernels/winograd": {"kernels/single", "kernels/convolution", "kernels/pooling", "core", "simd"},
    "kernels/algorithms": {"kernels/convolution", "kernels/winograd"},
}

# Folder of cpp/: the folders it may include.
CPP_LAYERS: dict[str, set[str]] = {
    "simd": set(),
    "random": set(),
    "core": {"simd"},
    "digits": {"random"},
    "measure": {"simd"},
    **KERNEL_FAMILIES,
    "runtime": {"core", "simd"},
    "program": {"runtime", *KERNEL_FAMILIES, "core", "random", "simd"},
    "bindings": {"program", "runtime", *KERNEL_FAMILIES, "digits", "measure", "core", "random", "simd"},
    "replay": {"program", "runtime", *KERNEL_FAMILIES, "digits", "core", "random", "simd"},
}


PART_LAYER = {name: layer for layer, (names, _) in PYTHON_LAYERS.items() for name in names}


def part(module: str) -> str:
    """`cnncli.layers.linear` -> `layers`, `cnncli.data.tables.text` -> `data.tables`, `cnncli` itself -> `__init__`."""
    names = module.split(".")[1:3]
    if ".".join(names) in PART_LAYER:
        return ".".join(names)
    return names[0] if names else "__init__"


def module_name(path: Path) -> str:
    names = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def is_module(module: str) -> bool:
    path = PACKAGE.parent / Path(*module.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists() or module == "cnncli._core"


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Full names of all modules that a file imports, at its top or inside a function."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            # `from cnncli import load` is an import of cnncli; `from cnncli import _core` of cnncli._core.
            for alias in node.names:
                name = f"{source}.{alias.name}"
                yield name if source.split(".")[0] == "cnncli" and is_module(name) else source


FILES = sorted(PACKAGE.rglob("*.py"))


def test_layers_have_an_order() -> None:
    order = TopologicalSorter({layer: below for layer, (_, below) in PYTHON_LAYERS.items()})
    assert set(order.static_order()) == set(PYTHON_LAYERS)
    assert set(TopologicalSorter(CPP_LAYERS).static_order()) == set(CPP_LAYERS)


def test_imports_are_found_at_every_depth() -> None:
    """The walk itself: what it overlooks it would allow."""
    found = set(imports(PACKAGE / "cli" / "main.py"))
    assert {"click", "sys", "cnncli.errors"} <= found
    assert "cnncli._core" in {name for path in FILES for name in imports(path)}
    assert "rich.table" in {name for path in FILES for name in imports(path)}


# Loops and not one test a file: what pytest does around a test takes longer than looking at a file.
def test_imports_point_down() -> None:
    wrong = []
    for path in FILES:
        own = part(module_name(path))
        if own in TOP:
            continue
        assert own in PART_LAYER, f"{own} is in no layer of PYTHON_LAYERS; add it to one"
        layer = PART_LAYER[own]
        allowed = PYTHON_LAYERS[layer][1] | {layer}
        for module in imports(path):
            if module.split(".")[0] == "cnncli" and PART_LAYER.get(part(module)) not in allowed:
                wrong.append(f"{path.relative_to(PACKAGE)} ({layer}) imports {module}, which is not below it")
    assert not wrong


def test_libraries_stay_where_they_are_needed() -> None:
    wrong = []
    for path in FILES:
        for module in imports(path):
            users = LIBRARIES.get(module.split(".")[0])
            if users is not None and part(module_name(path)) not in users:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert not wrong


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {
        module_name(path): {
            name for name in imports(path) if name.startswith("cnncli.") and name != module_name(path)
        }
        for path in FILES
    }
    # An __init__ that gathers its package is imported by nobody inside it.
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize(
    "module, heavy",
    [
        ("cnncli", {"numpy", "click", "rich", "PIL", "requests", "safetensors"}),
        ("cnncli.cli.main", {"numpy", "rich", "PIL", "requests", "safetensors"}),
        ("cnncli.layers", {"click", "rich", "PIL", "requests", "safetensors"}),
    ],
)
def test_importing_a_module_does_not_load_what_only_others_need(module: str, heavy: set[str]) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not heavy & set(result.stdout.split())


SOURCES = sorted(path for path in CPP.rglob("*") if path.suffix in (".h", ".cpp"))


@cache
def includes(path: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text(), re.MULTILINE)


def cpp_folder(source: str) -> str:
    """`kernels/linear/linear.h` -> `kernels/linear`, and `program/emit/add.cpp` -> `program`."""
    folder, *rest = source.split("/")
    return f"{folder}/{rest[0]}" if folder == "kernels" and rest else folder


def test_every_folder_of_the_core_is_in_a_layer() -> None:
    assert {cpp_folder(path.relative_to(CPP).as_posix()) for path in SOURCES} == set(CPP_LAYERS)


def test_includes_point_down() -> None:
    wrong = []
    for path in SOURCES:
        folder = cpp_folder(path.relative_to(CPP).as_posix())
        assert folder in CPP_LAYERS, f"cpp/{folder} is not in CPP_LAYERS; add it"
        for include in includes(path):
            target = cpp_folder(include)
            if (CPP / include).exists():
                if target not in CPP_LAYERS[folder] | {folder}:
                    wrong.append(f"{path.relative_to(CPP)} includes {include}, which is not below it")
            elif target in CPP_LAYERS or (path.parent / include).exists():
                wrong.append(f"{path.relative_to(CPP)}: write {include} from cpp/ on")
    assert not wrong


def test_python_is_known_to_the_bindings_only() -> None:
    others = [path for path in SOURCES if path.relative_to(CPP).parts[0] != "bindings"]
    assert not [
        f"{path.relative_to(CPP)} includes {name}"
        for path in others
        for name in includes(path)
        if re.match(r"Python\.h|pybind11/", name)
    ]


def test_openmp_stays_out_of_the_bodies_compiled_per_instruction_set() -> None:
    bodies = [path for path in SOURCES if path.name.endswith(".simd.cpp")]
    assert bodies
    assert not [path for path in bodies if "omp.h" in includes(path) or "#pragma omp" in path.read_text()]


def test_the_vector_type_is_used_in_the_bodies_compiled_per_instruction_set_only() -> None:
    """Everything that reaches simd/vector.h is compiled with the flags of one instruction set."""
    wrong, known = [], 0
    for path in (path for path in SOURCES if path.suffix == ".cpp"):
        reached, todo = set(), [path]
        while todo:
            current = todo.pop()
            if current not in reached:
                reached.add(current)
                todo += [CPP / name for name in includes(current) if (CPP / name).exists()]
        if CPP / "simd" / "vector.h" in reached:
            known += 1
            wrong += [path.relative_to(CPP)] * (not path.name.endswith(".simd.cpp"))
    assert known and not wrong


# What people know under a name that is nobody's in the core.
NAMES_OF_OTHERS = {"AdamW", "LeCun", "LeNet", "NumPy", "OpenMP", "PyTorch", "ReLU", "ThreadSanitizer", "fork"}


def comments(text: str) -> str:
    return "\n".join(re.findall(r"//[^\n]*", text))


def test_comments_of_the_core_name_files_and_things_that_are_there() -> None:
    """A comment that speaks of what was renamed or removed sends its reader on a search that ends nowhere."""
    texts = {path.relative_to(CPP).as_posix(): path.read_text() for path in SOURCES}
    code = "\n".join(re.sub(r"//[^\n]*", "", text) for text in texts.values())
    known = set(re.findall(r"\w+", code)) | NAMES_OF_OTHERS
    files = {path.name for path in SOURCES}
    lost = []
    for name, text in texts.items():
        for word in re.findall(r"(?<![*\w.])\w+(?:\.simd)?\.(?:h|cpp)\b", comments(text)):
            if word not in files:
                lost.append(f"{name}: {word}")
        # kConstants, TwoCapitals and calls() are names of the program; k of a sum and words of English are not.
        for word in re.findall(r"\bk[A-Z]\w*|\b[A-Z][a-z]+[A-Z]\w*[a-z]\w*|\b\w+(?=\(\))", comments(text)):
            if word not in known:
                lost.append(f"{name}: {word}")
    assert not lost
