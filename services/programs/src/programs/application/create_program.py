"""Offer a program in a network."""

from __future__ import annotations

from common.auth import Caller
from common.clock import Clock
from common.ids import new_id

from programs.application.ports import Programs
from programs.domain.errors import RequestIdReused
from programs.domain.program import Definition, Program
from programs.domain.request import Request


async def create_program(
    programs: Programs, clock: Clock, caller: Caller, definition: Definition, request_id: str
) -> Program:
    """The new program, or the one this request made before.

    Raises Invalid, RequestIdReused.
    """
    definition.check()
    request = Request(caller.subject, request_id)
    program = await programs.add(Program(new_id(), definition, clock.now()), request)
    if program.definition != definition:
        raise RequestIdReused("this request_id made another program", field="request_id")
    return program
