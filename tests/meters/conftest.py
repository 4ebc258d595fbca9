"""Meters and the registers they report to."""

import sys
from pathlib import Path

# pytest imports tests by their path; the helpers beside them are modules of their own.
sys.path.insert(0, str(Path(__file__).parent))
