"""Where a client is: believed when the gateway signs for it, and of nobody else."""

from __future__ import annotations

from common import auth, log
from common.grpc_server import Context
from common.service_tokens import CLIENT_ADDRESS, CLIENT_SCOPE

from identity import telemetry

logger = log.get(__name__)
STRANGER = "0.0.0.0"  # noqa: S104  # the address of nobody (RFC 1122 section 3.2.1.3)
"""All who come without a service's word share this one: none of them escapes the limit of addresses
by saying anything, or nothing."""


def client_address(context: Context) -> str:
    """Where the client is, as the gateway saw it; empty where the gateway does not know.

    STRANGER where no service with the scope `client-address` calls: what is said then is ignored,
    counted and told of in the log.
    """
    metadata = dict(context.invocation_metadata() or ())
    service, said = auth.service(), str(metadata.get(CLIENT_ADDRESS, ""))
    if service is not None and CLIENT_SCOPE in service.scopes:
        return said
    telemetry.count_stranger("address" if said else "nothing")
    if said:
        name = service.name if service else ""
        logger.warning("identity.client_address_ignored", service_name=name)
    return STRANGER
