"""Which error of a source is reported as which reason."""

from __future__ import annotations

from gistsearch.domain.events import SkipReason
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    ContentTooLarge,
    ForbiddenOrigin,
    IntegrityMismatch,
    LoginRequired,
    MalformedRecord,
    SourceRateLimited,
)

_REASONS: dict[type[Exception], SkipReason] = {  # the first that fits
    IntegrityMismatch: SkipReason.INTEGRITY_MISMATCH,
    ForbiddenOrigin: SkipReason.FORBIDDEN_ORIGIN,
    SourceRateLimited: SkipReason.RATE_LIMITED,
    LoginRequired: SkipReason.LOGIN_REQUIRED,
    AccessForbidden: SkipReason.FORBIDDEN,
    ContentGone: SkipReason.GONE,
    ContentTooLarge: SkipReason.TOO_LARGE,
    MalformedRecord: SkipReason.MALFORMED_RECORD,
    DeadlineExceeded: SkipReason.DEADLINE,
}


def skip_reason(error: Exception) -> SkipReason:
    """Return the reason for something that was skipped because of this error."""
    return next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), SkipReason.DOWNLOAD_FAILED)
