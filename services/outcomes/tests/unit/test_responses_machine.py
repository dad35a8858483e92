"""What does this test do? Members answer instruments well and badly, under new request ids and
old ones, while processes crash before and after writing; beside it runs a model that says what
each request must have come to, and at every moment each member reads exactly that."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from common.errors import DomainError
from common.ids import new_id
from common.testing.clock import FakeClock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from outcomes.application.create_response import create_response
from outcomes.application.queries import own_responses
from outcomes.domain.instruments import CHECK_IN, UCLA_3
from outcomes.domain.request import Request
from outcomes.domain.response import Response

from services.outcomes.tests.builders import NOW, a_caller, answers
from services.outcomes.tests.fakes import FakeResponses

MEMBERS = [new_id() for _ in range(2)]
SHEETS = [
    (CHECK_IN.id, {"week": 0}), (CHECK_IN.id, {"week": 4}),
    (UCLA_3.id, answers(UCLA_3, 1, 1, 1)), (UCLA_3.id, answers(UCLA_3, 3, 2, 3)),
]  # fmt: skip
BAD_SHEETS = [(CHECK_IN.id, {"week": 5}), (UCLA_3.id, {"companionship": 1}), ("phq-9", {"q1": 1})]


class Crash(BaseException):
    """The process is gone: nothing after this point runs."""


class Responses(FakeResponses):
    """Writing can crash before or after it happened."""

    fault = ""

    async def add(self, response: Response, request: Request) -> Response:
        if self.fault == "before":
            raise Crash
        made = await super().add(response, request)
        if self.fault == "after":
            raise Crash
        return made


class Answering(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.runner = asyncio.Runner()
        self.clock = FakeClock(NOW)
        self.responses = Responses()
        self.model: dict[tuple[UUID, str], tuple[str, dict[str, int]]] = {}

    @rule(
        who=st.sampled_from(MEMBERS), request_id=st.sampled_from("abcde"),
        sheet=st.sampled_from(SHEETS), fault=st.sampled_from(["", "", "before", "after"]),
    )  # fmt: skip
    def answer(
        self, who: UUID, request_id: str, sheet: tuple[str, dict[str, int]], fault: str
    ) -> None:
        outcome = self._create(who, request_id, sheet, fault)
        if fault != "before":
            self.model.setdefault((who, request_id), sheet)
        if fault:
            assert outcome == "crashed"
        else:
            first = self.model[who, request_id]
            assert outcome == ("stored" if first == sheet else "REQUEST_ID_REUSED")

    @rule(
        who=st.sampled_from(MEMBERS), request_id=st.sampled_from("abcdef"),
        sheet=st.sampled_from(BAD_SHEETS),
    )  # fmt: skip
    def answer_badly(self, who: UUID, request_id: str, sheet: tuple[str, dict[str, int]]) -> None:
        expected = "INSTRUMENT_NOT_FOUND" if sheet[0] == "phq-9" else "ANSWERS_INVALID"
        assert self._create(who, request_id, sheet, "") == expected

    @invariant()
    def everybody_reads_what_her_requests_came_to(self) -> None:
        for who in MEMBERS:
            page, more = self.runner.run(
                own_responses(self.responses, a_caller(who), None, len(self.model) + 1)
            )
            expected = [sheet for (owner, _), sheet in self.model.items() if owner == who]
            assert not more
            assert [(one.instrument_id, one.answers) for one in page] == expected[::-1]
            assert all(one.score == sum(one.answers.values()) for one in page)

    def teardown(self) -> None:
        self.runner.close()

    def _create(
        self, who: UUID, request_id: str, sheet: tuple[str, dict[str, int]], fault: str
    ) -> str:
        self.responses.fault = fault
        self.clock.advance(timedelta(minutes=1))
        try:
            self.runner.run(
                create_response(
                    self.responses, self.clock, a_caller(who), instrument_id=sheet[0],
                    answers=sheet[1], request_id=request_id,
                )
            )  # fmt: skip
        except DomainError as refused:
            return refused.reason
        except Crash:
            return "crashed"
        finally:
            self.responses.fault = ""
        return "stored"


TestAnswering = Answering.TestCase
TestAnswering.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
