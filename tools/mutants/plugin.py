"""What pytest is told by the environment: to write down what each test reaches, or which tests to run in which order.

MUTANTS_CHOSEN : a JSON file with the names of the tests to run, in this order
MUTANTS_RESULT : a file that gets a line of JSON for each test: name, seconds of a core, outcome
MUTANTS_TEST : set here to the name of the running test; processes that it starts measure their coverage under it
"""

import importlib.util
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_NO_COPY = 77


def pytest_sessionstart(session: Any) -> None:
    """An editable installation comes before the path, and all mutants would survive."""
    found = importlib.util.find_spec("cnncli")
    if found is None or found.origin is None or not found.origin.startswith(os.environ["MUTANTS_PACKAGE"]):
        pytest.exit("mutants: the tests do not see the copy of the package; is cnncli installed as editable?", _NO_COPY)


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    if "MUTANTS_CHOSEN" not in os.environ:
        return
    place = {name: index for index, name in enumerate(json.loads(Path(os.environ["MUTANTS_CHOSEN"]).read_text()))}
    # What a test is called with may have another name by the change: then all of its function stand for it.
    there = {item.nodeid for item in items}
    gone = {name.split("[")[0]: index for name, index in place.items() if name not in there}
    for item in items:
        if item.nodeid.split("[")[0] in gone:
            place.setdefault(item.nodeid, gone[item.nodeid.split("[")[0]])
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in place])
    items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: Any, nextitem: Any) -> Iterator[Any]:
    os.environ["MUTANTS_TEST"] = item.nodeid
    if "COVERAGE_PROCESS_START" in os.environ:
        import coverage

        measuring = coverage.Coverage.current()
        if measuring is not None:
            measuring.switch_context(item.nodeid)
    item.mutants_began, item.mutants_failed = _worked_seconds(), False
    result = yield
    with Path(os.environ["MUTANTS_RESULT"]).open("a") as file:
        seconds = round(_worked_seconds() - item.mutants_began, 3)
        file.write(json.dumps([item.nodeid, seconds, "failed" if item.mutants_failed else "passed"]) + "\n")
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Iterator[Any]:
    report = yield
    item.mutants_failed |= report.failed
    return report


def _worked_seconds() -> float:
    """Of this process and those that it started, whatever else the machine does."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
