"""What the store is to keep, and how long a stored listing is believed."""

from __future__ import annotations

import math

from attrs import field, frozen
from attrs.validators import ge

PACK_BYTES = 1 << 20
"""The size at which a pack is complete: large enough for the engine's full speed, small enough to read in a moment."""
SAVE_AFTER_S = 1.0
"""Seconds after which content is stored even if the pack is not complete. If the process is killed, no more is lost."""
TOUCH_AFTER_S = 600.0
"""Seconds after which a stored time of use is renewed. Renewing it each time would make every search write."""
CONFIRM_AFTER_S = 60.0
"""Seconds after which the stored time of a listing's last check is renewed, at most."""


@frozen
class StorePolicy:
    """What an operator can decide about the store."""

    max_bytes: int = field(default=1 << 30, validator=ge(0))
    """The space that the store may take up."""
    max_file_bytes: int = field(default=4 << 20, validator=ge(0))
    """Larger files are searched, but not kept. As many bytes may be held in memory for each file that is open."""
    fresh_s: float = field(default=0.0, validator=ge(0.0))
    """Seconds for which a listing is believed without asking the source; infinite to never ask."""

    @property
    def never_asks(self) -> bool:
        """Whether a stored listing is believed, however old it is."""
        return self.fresh_s == math.inf

    @property
    def confirm_after_s(self) -> float:
        """Seconds after which the stored time of a listing's last check is to be renewed."""
        return min(self.fresh_s or CONFIRM_AFTER_S, CONFIRM_AFTER_S)
