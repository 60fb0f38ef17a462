"""A GitHub of our own: a real HTTP server on the loopback interface, able to misbehave by script."""

from tests.loopback_github import faults
from tests.loopback_github.budgets import Budget
from tests.loopback_github.connection import Exchange, Fault
from tests.loopback_github.content import LoopbackFile, LoopbackGist, Streamed
from tests.loopback_github.faults import ALL_FAULTS
from tests.loopback_github.ports import SwallowingListener, TrapListener, unused_port
from tests.loopback_github.positions import asks_for
from tests.loopback_github.proxy import LoopbackProxy
from tests.loopback_github.request import Recorded
from tests.loopback_github.server import LoopbackGitHub
from tests.loopback_github.sources import real_gists

__all__ = [
    "ALL_FAULTS",
    "Budget",
    "Exchange",
    "Fault",
    "LoopbackFile",
    "LoopbackGist",
    "LoopbackGitHub",
    "LoopbackProxy",
    "Recorded",
    "Streamed",
    "SwallowingListener",
    "TrapListener",
    "asks_for",
    "faults",
    "real_gists",
    "unused_port",
]
