"""How Polars keeps its memory, which can be said only before it is loaded."""

import os

SETTING = "_RJEM_MALLOC_CONF"
"""What its allocator, jemalloc, reads when it starts (jemalloc.net/jemalloc.3.html, `TUNING`)."""
KEPT_MS = 10_000
"""Longer than the next blocks of a file take to ask for the memory of those before them."""


def reuse_memory() -> None:
    """Memory that is free is kept for the next block, and not given back to the system at once.

    By default it goes back within the second, and to have it again costs a tenth of the processor's
    time. What does go back goes at once (`muzzy`), so that it no longer counts as ours. One arena a
    processor, so that what one thread frees is what another gets: this lowers the peak. A setting
    of the user's own stays.
    """
    conf = f"dirty_decay_ms:{KEPT_MS},muzzy_decay_ms:0,narenas:{os.cpu_count() or 1}"
    os.environ.setdefault(SETTING, f"background_thread:true,{conf}")
