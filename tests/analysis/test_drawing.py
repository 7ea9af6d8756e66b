"""What draws on the one current figure of the process, on which two threads would draw together."""

from __future__ import annotations

import pytest
from async_fix.codemods.analysis.judge.state.drawing import draws_on_current, is_of_figures

DRAWS = {
    "matplotlib.pyplot.plot": True,
    "matplotlib.pyplot.savefig": True,
    "matplotlib.pylab.plot": True,
    "pylab.hist": True,
    "seaborn.barplot": True,
    **{f"matplotlib.pyplot.{name}": False for name in ("subplots", "figure", "close")},
    **{f"matplotlib.pyplot.{name}": False for name in ("rc", "rc_context", "get_cmap", "switch_backend")},
    **{f"seaborn.{name}": False for name in ("set", "set_theme", "set_style", "set_palette", "set_context")},
    **{f"seaborn.{name}": False for name in ("color_palette", "load_dataset")},
    "matplotlib.figure.Figure.savefig": False,
    "app.pyplot.plot": False,
}


@pytest.mark.parametrize("name", DRAWS)
def test_what_says_on_which_figure_it_works_draws_on_no_other(name: str) -> None:
    assert draws_on_current(name) is DRAWS[name]
    assert is_of_figures(name) is name.startswith(("matplotlib.py", "pylab", "seaborn"))
