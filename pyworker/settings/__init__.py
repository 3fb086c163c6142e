"""Every environment variable: its unit and default, read once into a frozen object. No I/O."""

from pyworker.settings.read import MIB, BadSettings, Settings, read_settings
from pyworker.settings.variables import VARIABLES

__all__ = ["MIB", "VARIABLES", "BadSettings", "Settings", "read_settings"]
