"""How many files, and so connections, the system lets this process have open."""

from __future__ import annotations

import resource

MOST = 1 << 20  # no kernel takes more by itself; "unlimited" is none


def raise_descriptors() -> int:
    """Take as many as an unprivileged process may take, up to MOST; how many those are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
