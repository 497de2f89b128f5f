"""The clock on the wall of what a test starts."""

import datetime
import os
import struct
import time
import zoneinfo
from pathlib import Path

import pytest
from conftest import BINARY

SHIM = Path(BINARY).parent / "libset_clock.so"


class Clock:
    """The clock on the wall of everything that `dise` starts from now on."""

    def __init__(self, dise):
        self.path = dise.home / "clock"
        self.path.write_bytes(bytes(8))
        dise.env.update(LD_PRELOAD=str(SHIM), SET_CLOCK=str(self.path), TZ="Europe/Berlin",
                        ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""))

    def off_by(self, seconds):
        with self.path.open("r+b") as f:
            f.write(struct.pack("q", int(seconds * 1000)))

    def set(self, *when):
        self.at = datetime.datetime(*when, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
        self.off_by(self.at.timestamp() - time.time())


@pytest.fixture
def clock(dise):
    if not SHIM.exists():
        pytest.skip("this build cannot set clocks")
    return Clock(dise)


@pytest.fixture
def morning(clock):
    """No day and no night ends in the middle of the test."""
    clock.set(2026, 5, 5, 9, 0)
