"""What services may claim of themselves, where they call each other in no member's name.

A scope that is not here is not had, whoever signs for it: see `common.service_tokens`.
"""

from __future__ import annotations

from common.service_tokens import CLIENT_SCOPE, Grants

ANONYMOUS = "anonymous"  # it asks for somebody who has not signed in
DELIVERY = "delivery"  # it subscribes members whose tokens it brings
KEYS = "keys"  # it asks for the keys that verify access tokens
_BEHIND = ("community", "messaging", "programs", "outcomes", "signals")

GRANTS: Grants = {
    ("gateway", "identity"): frozenset({ANONYMOUS, KEYS, CLIENT_SCOPE}),
    **{("gateway", name): frozenset({ANONYMOUS}) for name in _BEHIND},
    ("gateway", "messaging"): frozenset({ANONYMOUS, DELIVERY}),
    **{(name, "identity"): frozenset({KEYS}) for name in _BEHIND},
}
