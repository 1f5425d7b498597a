"""How Sphinx builds the site; see tools/docs_site.py."""

from stockpile import __version__

project = "stockpile"
author = "The stockpile contributors"
release = version = __version__
html_title = f"stockpile {__version__}"
html_theme = "furo"
html_copy_source = False
html_show_copyright = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_show_sphinx = False
language = "en"
smartquotes = False  # an option as --out keeps both its dashes

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
default_role = "obj"  # `stockpile.status` in a docstring is a link
myst_heading_anchors = 4
numpydoc_show_class_members = False
autodoc_typehints = "none"  # the docstrings say them in words
add_module_names = False
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_execution_show_tb = True
