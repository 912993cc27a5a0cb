"""Silence for the libraries' remarks that are no news here."""

import logging
import warnings

import transformers


def quieten() -> None:
    """Show only errors of transformers and adapters.

    They tell that the head is new, which is the point, and, on the way to an active adapter, that
    none is active. peft tells that it cannot look up a bundled model on the hub.
    """
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    logging.getLogger("adapters").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="peft")
