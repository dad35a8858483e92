"""The routes of networks and joining them, each with one good request."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask
from kith.identity.v1 import identity_pb2, network_pb2
from kith.identity.v1 import network_service_pb2 as networks

from services.gateway.tests.builders import JOINING_JSON, NETWORK, NETWORK_JSON, Route

SETTINGS = "/kith.identity.v1.NetworkSettingsService"
JOINING = [
    Route(
        "POST", "/v1/networks/lookup", f"{SETTINGS}/LookUpNetwork",
        networks.LookUpNetworkRequest(slug="berlin"),
        networks.LookUpNetworkResponse(
            network=network_pb2.JoiningNetwork(
                slug="berlin", display_name="Berlin", locale="de", age_rule=NETWORK.age_rule,
                opening=NETWORK.opening, crisis_resources=NETWORK.crisis_resources,
                branding=NETWORK.branding,
            )
        ),
        JOINING_JSON, body={"slug": "berlin"}, public=True,
    ),
    Route(
        "PATCH", "/v1/network", f"{SETTINGS}/UpdateNetwork",
        networks.UpdateNetworkRequest(
            network=identity_pb2.Network(
                age_rule=NETWORK.age_rule, opening=NETWORK.opening,
                crisis_resources=NETWORK.crisis_resources,
            ),
            update_mask=FieldMask(paths=["age_rule", "opening", "crisis_resources"]),
        ),
        networks.UpdateNetworkResponse(network=NETWORK), NETWORK_JSON,
        body={
            name: NETWORK_JSON[name] for name in ("ageRule", "opening", "crisisResources")
        },
    ),
]  # fmt: skip
