"""The keys of files in each storage, by the templates of the configuration."""

from __future__ import annotations

from ld_import.assets.base import SUFFIX, AssetSettings, FileProblem
from ld_import.errors import ManifestError, UsageError
from ld_import.manifest.templating.compiler import Templates
from ld_import.manifest.templating.slots import Slot
from ld_import.model import Item

# The values that a template of keys may use.
NAMES = ("systemName", "externalId", "fileName", "version", "suffix")


class KeyTemplates:
    """The keys of a file in each storage, with `SUFFIX` in place of the suffix."""

    def __init__(self, settings: AssetSettings) -> None:
        """Compile the templates. Raises UsageError."""
        self._names = sorted(set(settings.storage.values()))
        slots = [Slot("key", settings.storages[name].key) for name in self._names]
        try:
            self._templates = Templates(slots, [f"storages.{name}.key" for name in self._names])
        except ManifestError as error:
            raise UsageError(str(error), hint="fix the configuration file") from None
        for name, unknown in zip(self._names, self._templates.unknown_names(NAMES), strict=True):
            if unknown:
                raise UsageError(
                    f"the template `key` of the storage `{name}` has no value for `{unknown[0]}`",
                    hint=f"correct the configuration file; available: {', '.join(NAMES)}",
                )

    def of(self, item: Item, version: int) -> dict[str, str]:
        """Return the keys by name of the storage. Raises FileProblem."""
        known = (item.key.system_name, item.key.external_id, item.file_name, version, SUFFIX)
        values, problems = self._templates.render(dict(zip(NAMES, known, strict=True)))
        if problems:
            raise FileProblem(f"the key of the file cannot be made: {problems[0].text}")
        return {name: str(value) for name, value in zip(self._names, values, strict=True)}
