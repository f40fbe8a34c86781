"""Templates of a package: its name in; an environment that escapes HTML and SVG and knows no unknown names, out."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@cache
def environment(package: str) -> Environment:
    """Return the environment of the templates of `package`, the same one each time."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(["html.j2", "svg.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
