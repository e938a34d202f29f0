"""How Sphinx builds the site. ``scuttle docs`` stages the pages and calls it."""

project = "scuttle-ref"
author = "the authors of scuttle-ref"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = "scuttle-ref"
html_static_path = ["_static"]
html_copy_source = False
html_show_sphinx = False
exclude_patterns = ["vectors/**/*.json"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
default_role = "code"
