"""Pages for a browser: single files of plain HTML and SVG that load nothing and need no JavaScript."""
