"""Which errors of the database may pass, and which are mistakes of ours."""

from __future__ import annotations

import pytest
from common import mongo
from common.mongo import (
    BulkWriteError,
    DuplicateKeyError,
)
from pymongo.errors import (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    WTimeoutError,
)


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("x"), NetworkTimeout("x"), NotPrimaryError("x"), ExecutionTimeout("x"),
        WTimeoutError("x"), OperationFailure("write conflict", 112),
        BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]}),
        OperationFailure("x", 1, {"errorLabels": ["TransientTransactionError"]}),
    ],
    ids=repr,
)  # fmt: skip
def test_what_may_pass_is_away(error: Exception) -> None:
    assert mongo.is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        DuplicateKeyError("x"),
        OperationFailure("bad query", 2),
        ValueError("x"),
        BulkWriteError({"writeErrors": [{"code": 11000}], "writeConcernErrors": [{"code": 64}]}),
    ],
    ids=repr,
)
def test_what_stays_wrong_is_not_away(error: Exception) -> None:
    assert not mongo.is_away(error)
