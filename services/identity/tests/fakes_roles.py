"""The admins of a network in memory, held to the contract of the database (test_admins.py)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

from common.errors import ConcurrentUpdate
from identity.domain.account import Account
from identity.domain.role import Role
from identity.domain.stepping_down import AdminList


class FakeAdmins:
    """Implements ports_roles.Admins."""

    def __init__(self, network_id: UUID, accounts: Mapping[UUID, Account]) -> None:
        self._accounts = accounts
        self.kept = AdminList(network_id)

    async def lasting(self) -> Collection[UUID]:
        return [
            id for id, account in self._accounts.items()
            if account.held.lasting(Role.NETWORK_ADMIN) and not account.closed
            and account.credentials and account.admission is None
        ]  # fmt: skip

    async def list(self) -> AdminList:
        return self.kept

    async def save(self, changed: AdminList) -> None:
        if changed.version != self.kept.version + 1:
            raise ConcurrentUpdate("changed")
        self.kept = changed

    async def forget(self, member_id: UUID) -> None:
        left = tuple(one for one in self.kept.leaving if one.member_id != member_id)
        if left != self.kept.leaving:
            self.kept = replace(self.kept, leaving=left, version=self.kept.version + 1)
