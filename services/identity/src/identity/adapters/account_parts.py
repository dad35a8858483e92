"""Parts of an account as its document holds them: waiting to be let in, and links of mails."""

from __future__ import annotations

from collections.abc import Iterable

from common.mongo import Document

from identity.domain.admission import Admission, DeclineReason
from identity.domain.mail_link import Link, Purpose


def admission_document(admission: Admission | None) -> Document:
    """`remove_at` is there as long as the account is to go by itself, and no longer."""
    if admission is None:
        return {"waiting": False, "admission": None}
    ends = {"remove_at": admission.remove_at} if admission.remove_at else {}
    if admission.declined is None:
        return {"waiting": True, "admission": {"note": admission.note}, **ends}
    return {"waiting": False, "admission": {"declined": str(admission.declined)}, **ends}


def admission_in(document: Document) -> Admission | None:
    """What there is of it in an account's document."""
    found, ends = document.get("admission"), document.get("remove_at")
    if found is None:
        return None
    if "declined" not in found:
        return Admission(found["note"], remove_at=ends)
    return Admission("", DeclineReason(found["declined"]), ends)


def link_documents(links: Iterable[Link]) -> list[Document]:
    """Links as they are stored."""
    return [
        {
            "purpose": str(link.purpose), "hash": link.hash, "email": link.email,
            "expires_at": link.expires_at,
        }
        for link in links
    ]  # fmt: skip


def links_in(documents: Iterable[Document]) -> tuple[Link, ...]:
    """Links as they were stored."""
    return tuple(
        Link(Purpose(one["purpose"]), bytes(one["hash"]), one["email"], one["expires_at"])
        for one in documents
    )
