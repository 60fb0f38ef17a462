"""Whether the process answers, and whether it can take work."""

from __future__ import annotations

from attrs import frozen
from flask import Response

from gistsearch.adapters.web.lifecycle import Lifecycle


def ping() -> Response:
    """Say that the process answers."""
    return Response("pong", mimetype="text/plain")


@frozen
class Health:
    """Answers probes. None asks GitHub: its bad day is no reason to restart a service, or to send it no work."""

    lifecycle: Lifecycle

    def live(self) -> Response:
        """Say that the process answers."""
        return Response("ok\n", mimetype="text/plain")

    def ready(self) -> Response:
        """Say whether the process takes searches."""
        if self.lifecycle.is_draining:
            return Response("draining\n", 503, mimetype="text/plain")
        return Response("ok\n", mimetype="text/plain")
