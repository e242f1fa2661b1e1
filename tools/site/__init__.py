"""The documentation as a site of pages that load nothing from elsewhere: `python -m tools.site`.

`stage` gathers the pages of the repository and those that are made (`lessons`, `python_reference`), Sphinx draws them,
and `check` looks at every link of what came out. A warning is an error.
"""
