"""Profiles, handles and ties in memory; the first two held to the contract of the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from common.errors import ConcurrentUpdate
from identity.domain.account import Account
from identity.domain.credentials import handle_key
from identity.domain.profile import Profile


class FakeProfiles:
    """Implements ports_profile.Profiles."""

    def __init__(self) -> None:
        self.all: dict[UUID, Profile] = {}

    async def get(self, member_id: UUID) -> Profile | None:
        return self.all.get(member_id)

    async def save(self, profile: Profile) -> None:
        current = self.all.get(profile.member_id)
        if (current.version if current else 0) != profile.version - 1:
            raise ConcurrentUpdate("changed")
        self.all[profile.member_id] = profile

    async def remove(self, member_id: UUID) -> None:
        self.all.pop(member_id, None)


class FakeHandles:
    """Implements ports_profile.Handles."""

    def __init__(self, accounts: Mapping[UUID, Account]) -> None:
        self._accounts = accounts

    async def taken(self, handles: Collection[str]) -> set[str]:
        known = {handle_key(account.handle) for account in self._accounts.values()}
        return {handle for handle in handles if handle_key(handle) in known}


class FakeCloseness:
    """Implements ports_profile.Closeness: whoever asks is tied to everybody by `ties`."""

    def __init__(self, *ties: str) -> None:
        self.ties = frozenset(ties)

    async def between(self, network_id: UUID, one: UUID, other: UUID) -> frozenset[str]:
        return self.ties
