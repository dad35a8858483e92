"""Programs over a real channel: what is answered, and every reason to refuse."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import Kind, RemoteError
from common.grpc_client import call
from common.ids import new_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.programs.v1 import programs_pb2 as pb
from kith.programs.v1 import programs_service_pb2 as api

from services.programs.tests.builders import NETWORK
from services.programs.tests.doors import LAST, START, STEP, Client, Door

NOBODY = str(new_id())


@pytest.fixture
def client(door: Door) -> Client:
    return door.client


@pytest.fixture
def admin(door: Door) -> str:
    return door.issuer.token("network_admin")


def refusal(refused: pytest.ExceptionInfo[RemoteError]) -> tuple[Kind, str, str]:
    error = refused.value
    return error.kind, error.reason, error.metadata.get("field", "")


# programs and cohorts


async def test_a_program_is_told_as_it_was_created(door: Door, client: Client, admin: str) -> None:
    program = await client.create_program(admin)
    assert program == pb.Program(
        id=program.id, display_name="Stronger", weeks=12, steps=[STEP, LAST],
        create_time=program.create_time,
    )  # fmt: skip
    assert program.create_time.seconds == int(door.clock.now().timestamp())
    door.clock.advance(timedelta(days=1))
    assert await client.create_program(admin) == program  # the same request again
    listed = await call(client.programs.ListPrograms, api.ListProgramsRequest(), token=admin)
    assert list(listed.programs) == [program]


@pytest.mark.parametrize("kind", sorted(set(pb.StepKind.values()) - {0}))
async def test_a_step_may_be_of_every_kind(
    client: Client, admin: str, kind: pb.StepKind.ValueType
) -> None:
    step = pb.Step(id="hello", week=1, kind=kind, title="Say hello")
    program = await client.create_program(admin, steps=[step])
    assert list(program.steps) == [step]


@pytest.mark.parametrize(
    "changed, field",
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"weeks": 0}, "weeks"),
        ({"weeks": 53}, "weeks"),
        ({"steps": []}, "steps"),
        ({"steps": [STEP] * 2}, "steps[1].id"),
        ({"steps": [pb.Step(id="x", week=1, title="x")]}, "steps[0].kind"),
        (
            {"steps": [STEP, pb.Step(id="x", week=13, kind=pb.STEP_KIND_TASK, title="x")]},
            "steps[1].week",
        ),
        ({"steps": [pb.Step(id="x", week=1, kind=pb.STEP_KIND_TASK)]}, "steps[0].title"),
        ({"request_id": ""}, "request_id"),
    ],
)
async def test_a_program_that_cannot_be_names_the_field(
    client: Client, admin: str, changed: dict[str, object], field: str
) -> None:
    with pytest.raises(RemoteError) as refused:
        await client.create_program(admin, **changed)  # type: ignore[arg-type]  # wrong on purpose
    assert refusal(refused) == (Kind.INVALID, "INVALID_ARGUMENT", field)


async def test_a_request_id_is_for_one_content(client: Client, admin: str) -> None:
    program = await client.create_program(admin)
    with pytest.raises(RemoteError) as refused:
        await client.create_program(admin, weeks=13)
    assert refusal(refused) == (Kind.CONFLICT, "REQUEST_ID_REUSED", "request_id")
    await client.create_cohort(admin, program.id)
    with pytest.raises(RemoteError) as refused:
        await client.create_cohort(admin, program.id, display_name="Autumn")
    assert refusal(refused) == (Kind.CONFLICT, "REQUEST_ID_REUSED", "request_id")


async def test_pages_of_programs(client: Client, admin: str) -> None:
    made = [await client.create_program(admin, request_id=f"r-{n}") for n in range(5)]
    seen, token = list[pb.Program](), ""
    while True:
        request = api.ListProgramsRequest(page_size=2, page_token=token)
        page = await call(client.programs.ListPrograms, request, token=admin)
        seen += page.programs
        token = page.next_page_token
        if not token:
            break
    assert seen == made


@pytest.mark.parametrize("size, token", [(-1, ""), (101, ""), (0, "not a token")])
async def test_a_page_that_cannot_be_is_refused(
    client: Client, admin: str, size: int, token: str
) -> None:
    for ask in (
        lambda: call(
            client.programs.ListPrograms,
            api.ListProgramsRequest(page_size=size, page_token=token), token=admin,
        ),
        lambda: client.own(admin, size=size, page_token=token),
    ):  # fmt: skip
        with pytest.raises(RemoteError) as refused:
            await ask()
        assert refused.value.reason == "INVALID_ARGUMENT"


async def test_a_cohort_is_told_with_how_many_are_in_it(
    door: Door, client: Client, admin: str
) -> None:
    program = await client.create_program(admin)
    cohort = await client.create_cohort(admin, program.id)
    assert cohort == pb.Cohort(
        id=cohort.id, program_id=program.id, display_name="Spring", start_time=START
    )
    ada, _ = await door.join()
    await client.enroll(admin, cohort.id, [ada])
    assert (await client.create_cohort(admin, program.id)).enrollment_count == 1


async def test_a_start_is_kept_to_the_millisecond(client: Client, admin: str) -> None:
    program = await client.create_program(admin)
    exact = Timestamp(seconds=1_770_000_000, nanos=123_456_789)
    cohort = await client.create_cohort(admin, program.id, start=exact)
    assert cohort.start_time == Timestamp(seconds=1_770_000_000, nanos=123_000_000)
    assert await client.create_cohort(admin, program.id, start=exact) == cohort


@pytest.mark.parametrize(
    "changed, kind, reason, field",
    [
        ({"program_id": NOBODY}, Kind.NOT_FOUND, "PROGRAM_NOT_FOUND", "program_id"),
        ({"program_id": "x"}, Kind.INVALID, "INVALID_ARGUMENT", "program_id"),
        ({"display_name": " "}, Kind.INVALID, "INVALID_ARGUMENT", "display_name"),
        ({"start": None}, Kind.INVALID, "INVALID_ARGUMENT", "start_time"),
        ({"start": Timestamp(seconds=2**62)}, Kind.INVALID, "INVALID_ARGUMENT", "start_time"),
        ({"request_id": "x" * 65}, Kind.INVALID, "INVALID_ARGUMENT", "request_id"),
    ],
)
async def test_a_cohort_that_cannot_be_says_why(
    client: Client, admin: str, changed: dict[str, object], kind: Kind, reason: str, field: str
) -> None:
    program = await client.create_program(admin)
    wanted = {"program_id": program.id, **changed}
    with pytest.raises(RemoteError) as refused:
        await client.create_cohort(admin, **wanted)  # type: ignore[arg-type]  # wrong on purpose
    assert refusal(refused) == (kind, reason, field)


# enrollments


async def test_a_member_walks_through_a_program(door: Door, client: Client, admin: str) -> None:
    cohort = await client.a_cohort(admin)
    ada, token = await door.join()
    (enrollment,) = await client.enroll(admin, cohort.id, [ada])
    assert enrollment == pb.Enrollment(
        id=enrollment.id, cohort_id=cohort.id, program_id=cohort.program_id, member_id=str(ada),
        state=pb.ENROLLMENT_STATE_ACTIVE, create_time=enrollment.create_time,
    )  # fmt: skip
    for _ in range(2):
        after = await client.mark(token, enrollment.id, "bye")
        assert (after.state, list(after.done_step_ids)) == (pb.ENROLLMENT_STATE_ACTIVE, ["bye"])
    after = await client.mark(token, enrollment.id, "hello")
    assert after.state == pb.ENROLLMENT_STATE_COMPLETED
    assert after.done_step_ids == ["bye", "hello"]
    assert list((await client.own(token)).enrollments) == [after]
    assert await client.enroll(admin, cohort.id, [ada]) == [after]


async def test_five_hundred_members_are_enrolled_at_once_and_again(
    door: Door, client: Client, admin: str
) -> None:
    cohort = await client.a_cohort(admin)
    members = [new_id() for _ in range(500)]
    for member_id in members:
        await door.networks.of(NETWORK).members.add(member_id)
    made = await client.enroll(admin, cohort.id, members)
    assert [UUID(one.member_id) for one in made] == members
    assert await client.enroll(admin, cohort.id, members) == made


async def test_enrolling_is_refused_with_its_reason(door: Door, client: Client, admin: str) -> None:
    cohort = await client.a_cohort(admin)
    ada, token = await door.join()
    cases: list[tuple[str, list[UUID | str], Kind, str, str]] = [
        (NOBODY, [ada], Kind.NOT_FOUND, "COHORT_NOT_FOUND", "cohort_id"),
        ("x", [ada], Kind.INVALID, "INVALID_ARGUMENT", "cohort_id"),
        (cohort.id, [], Kind.INVALID, "INVALID_ARGUMENT", "member_ids"),
        (cohort.id, [ada] * 501, Kind.INVALID, "INVALID_ARGUMENT", "member_ids"),
        (cohort.id, [ada, "x"], Kind.INVALID, "INVALID_ARGUMENT", "member_ids[1]"),
        (cohort.id, [ada, NOBODY], Kind.NOT_FOUND, "MEMBER_NOT_FOUND", "member_ids[1]"),
    ]
    for cohort_id, members, kind, reason, field in cases:
        with pytest.raises(RemoteError) as refused:
            await client.enroll(admin, cohort_id, members)
        assert refusal(refused) == (kind, reason, field)
    assert not (await client.own(token)).enrollments


async def test_marking_is_refused_with_its_reason(door: Door, client: Client, admin: str) -> None:
    cohort = await client.a_cohort(admin)
    (ada, token), (_, other) = await door.join(), await door.join()
    (enrollment,) = await client.enroll(admin, cohort.id, [ada])
    for who, id, step, kind, reason, field in (
        (token, "x", "hello", Kind.INVALID, "INVALID_ARGUMENT", "enrollment_id"),
        (token, NOBODY, "hello", Kind.NOT_FOUND, "ENROLLMENT_NOT_FOUND", "enrollment_id"),
        (other, enrollment.id, "hello", Kind.NOT_FOUND, "ENROLLMENT_NOT_FOUND", "enrollment_id"),
        (admin, enrollment.id, "hello", Kind.NOT_FOUND, "ENROLLMENT_NOT_FOUND", "enrollment_id"),
        (token, enrollment.id, "", Kind.NOT_FOUND, "STEP_NOT_FOUND", "step_id"),
        (token, enrollment.id, "Hello", Kind.NOT_FOUND, "STEP_NOT_FOUND", "step_id"),
    ):
        with pytest.raises(RemoteError) as refused:
            await client.mark(who, id, step)
        assert refusal(refused) == (kind, reason, field)
    assert list((await client.own(token)).enrollments) == [enrollment]


async def test_pages_of_own_enrollments_newest_first(
    door: Door, client: Client, admin: str
) -> None:
    (ada, token), (bea, _) = await door.join(), await door.join()
    made = []
    for _ in range(5):
        cohort = await client.a_cohort(admin)
        made.append((await client.enroll(admin, cohort.id, [bea, ada]))[1])
    seen, page_token = list[pb.Enrollment](), ""
    while True:
        page = await client.own(token, size=2, page_token=page_token)
        seen += page.enrollments
        page_token = page.next_page_token
        if not page_token:
            break
    assert seen == made[::-1]
