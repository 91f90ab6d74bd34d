"""Finds and reads the suite's reference data sets (organisation, catalogue, sample users)."""

import os
from pathlib import Path

import yaml

VARIABLE = "YST_DATA_DIR"


class ReferenceDataError(Exception):
    """A data set that is not there or cannot be read; the text says which and what to do."""


def folder():
    """The folder of the data sets: ``YST_DATA_DIR``, else ``data`` beside the addons folder."""
    configured = os.environ.get(VARIABLE)
    if configured:
        return Path(configured)
    return Path(__file__).resolve().parents[2] / "data"


def path(name):
    """Path of a data set such as ``organisation.yaml``.

    :raise ReferenceDataError: when there is none
    """
    found = folder() / name
    if not found.is_file():
        raise ReferenceDataError(
            f"{name} was not found in {folder()}. Set {VARIABLE} to the folder that holds it."
        )
    return found


def load(name):
    """Content of a data set.

    :raise ReferenceDataError: when there is none or it is not valid YAML
    """
    found = path(name)
    try:
        return yaml.safe_load(found.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ReferenceDataError(f"{found} cannot be read: {error}") from error
