"""The configuration of a Livingdocs project, and the check of records against it.

The answer of `GET projectConfig` is not part of any other package: they use `ProjectConfig`.
"""

from ld_import.preflight.checks import Checked, NoProjectCheck, ProjectCheck
from ld_import.preflight.project import MediaType, ProjectConfig, Property, project_from

__all__ = [
    "Checked",
    "MediaType",
    "NoProjectCheck",
    "ProjectCheck",
    "ProjectConfig",
    "Property",
    "project_from",
]
