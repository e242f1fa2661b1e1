"""`python -m tools.site [FOLDER]` builds the site, by default in build/site, from the pages as they stand now."""

import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace
from tools.site import check, stage

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


def main(folder: Path = ROOT / "build" / "site") -> None:
    """The whole site; ends with a line for each fault, and exit code 1, where there is one."""
    work = folder.parent / f"{folder.name}-work"
    for path in (folder, work):
        shutil.rmtree(path, ignore_errors=True)
    source = work / "source"
    stage.write(source, extra=work / "extra")
    with docutils_namespace():
        application = Sphinx(
            source, HERE, folder, work / "doctrees", "html", {"html_extra_path": [str(work / "extra")]},
            status=None, warning=sys.stderr, warningiserror=True,
        )  # fmt: skip
        try:
            application.build()
        except SphinxError as error:
            sys.exit(f"the site was not built: {error}")
        if application.statuscode:
            sys.exit("the site has warnings, which are errors")
    shutil.rmtree(work)
    for name in (".buildinfo", ".doctrees", "objects.inv"):
        (folder / name).unlink(missing_ok=True)
    pages, faults = check.site(folder, check.outer_links())
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(1)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder / 'index.html'}: {pages} pages, {size / 1e6:.1f} MB; every link leads somewhere")


if __name__ == "__main__":
    main(*(Path(argument).absolute() for argument in sys.argv[1:2]))
