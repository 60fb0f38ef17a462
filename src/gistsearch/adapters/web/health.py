"""Whether the process answers, and whether it can take work."""

from __future__ import annotations

import logging

from attrs import frozen
from flask import Response

from gistsearch.adapters.web.lifecycle import Lifecycle
from gistsearch.ports.store import GistStore, StoreDamaged, StoreUnavailable

NOBODY = ""
"""No user has this name."""

_log = logging.getLogger(__name__)


def ping() -> Response:
    """Say that the process answers."""
    return Response("pong", mimetype="text/plain")


@frozen
class Health:
    """Answers probes. None asks GitHub: its bad day is no reason to restart a service, or to send it no work."""

    lifecycle: Lifecycle
    store: GistStore | None

    def live(self) -> Response:
        """Say that the process answers."""
        return Response("ok\n", mimetype="text/plain")

    def ready(self) -> Response:
        """Say whether the process takes searches and can use its store. Without it, each would download everything."""
        if self.lifecycle.is_draining:
            return Response("draining\n", 503, mimetype="text/plain")
        try:
            if self.store:
                self.store.load(NOBODY)
        except StoreUnavailable as error:
            _log.warning("not ready: %s", error)
            return Response("the store cannot be used\n", 503, mimetype="text/plain")
        except StoreDamaged:  # It is set aside, and a new one begun.
            pass
        return Response("ok\n", mimetype="text/plain")
