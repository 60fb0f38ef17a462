"""What certificates are checked against."""

from __future__ import annotations

import ssl
import threading


class Authorities:
    """The authorities that certificates are checked against: the system's, and those in a file."""

    def __init__(self, ca_file: str | None) -> None:
        """
        Args:
            ca_file: a file (PEM) of further authorities to trust.

        Raises:
            OSError: the file cannot be read, or contains no certificate.
        """
        self._lock = threading.Lock()
        self._context = _tls_context(ca_file) if ca_file else None

    def context(self) -> ssl.SSLContext:
        """Return what secures connections. The first call takes a tenth of a second, to read what the system trusts."""
        with self._lock:
            if self._context is None:
                self._context = _tls_context(None)
            return self._context


def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
