"""Where things are, defined once, from the package's own location.

Notebooks, Make and the tests start in different folders; none of them has to know where the project lies.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
RAW_DATA = DATA / "raw"
FIGURES = ROOT / "figures"
BUILD = ROOT / "build"
