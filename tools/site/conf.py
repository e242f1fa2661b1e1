"""How Sphinx draws the site; read by Sphinx, not imported."""

from cnncli import __version__

project = "cnncli"
author = "The cnncli developers"
copyright = author
version = release = __version__

extensions = ["myst_parser"]
root_doc = "index"
myst_enable_extensions = ["attrs_block", "deflist"]
myst_heading_anchors = 4
source_suffix = {".md": "markdown"}
highlight_language = "text"
smartquotes = False  # "--data" stays what is typed
pygments_style = "default"
pygments_dark_style = "github-dark"
add_module_names = False
python_display_short_literal_types = True
python_maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"cnncli {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
templates_path = ["templates"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = True
html_theme_options = {"footer_icons": [], "top_of_page_buttons": []}
