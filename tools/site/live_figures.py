"""The directive `{live-figure} NAME` writes a live figure into a Markdown page.

In a notebook a live figure is a cell's output, and needs no directive.
"""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from lstm_utils import live


class LiveFigureDirective(SphinxDirective):
    required_arguments = 1

    def run(self):
        (name,) = self.arguments
        if name not in live.FIGURES:
            known = ", ".join(live.FIGURES)
            raise self.error(f"no live figure {name!r}; there are: {known}")
        # An edit of a figure's script is an edit of the page.
        for part in live.FOLDER.rglob("*"):
            if part.is_file() and "__pycache__" not in part.parts:
                self.env.note_dependency(str(part))
        return [nodes.raw("", live.FIGURES[name]().html, format="html")]
