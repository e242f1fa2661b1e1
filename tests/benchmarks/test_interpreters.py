"""What runs in the interpreter of another library needs no cnncli there."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PEERS = sorted(
    path.stem for path in (ROOT / "benchmarks" / "peers").glob("*.py") if path.stem not in ("ours", "__init__")
)


def imported(module: str) -> Iterator[str]:
    """Every module that this one imports, directly or by others of the benchmarks."""
    seen, todo = set(), [module]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        path = ROOT / Path(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                todo += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                todo += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]


@pytest.mark.parametrize("module", ["benchmarks.worker", *(f"benchmarks.peers.{name}" for name in PEERS)])
def test_no_peer_needs_cnncli(module: str) -> None:
    assert not [name for name in imported(module) if name.split(".")[0] == "cnncli"]


def test_our_own_contender_does() -> None:
    """The walk itself: what it overlooks it would allow."""
    assert "cnncli.program" in set(imported("benchmarks.peers.ours"))
    assert "torch" in set(imported("benchmarks.peers.torch_network"))
