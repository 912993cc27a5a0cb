"""Pictures in Vega-Lite, drawn to SVG without a browser or network."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textune.files import write_text


def write_svg(path: Path, picture: Mapping[str, Any]) -> None:
    """Draw a Vega-Lite specification, on white; whole or not at all."""
    import vl_convert

    schema = "https://vega.github.io/schema/vega-lite/v5.json"
    spec = json.dumps({"$schema": schema, "background": "white", **picture})
    write_text(path, str(vl_convert.vegalite_to_svg(spec, vl_version="5.21")))
