"""What a source reports."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

from gistsearch.ports.gists import SourceRateLimited


def test_a_limit_survives_pickling() -> None:
    """An error crosses processes with everything that it says."""
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    copy = pickle.loads(pickle.dumps(SourceRateLimited("wait", 3.5, moment)))
    assert (type(copy), str(copy), copy.retry_after_s, copy.reset_at) == (SourceRateLimited, "wait", 3.5, moment)
