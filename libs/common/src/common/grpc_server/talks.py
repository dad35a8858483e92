"""Methods that talk: messages both ways for as long as both like.

Who may open one is asked once, at the door; there is no time limit, and what is said afterwards
the servicer decides with the tokens that come along. One that ends with its server has to be told
to by its servicer: gRPC waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from common import auth
from common.errors import DomainError, Invalid
from common.grpc_errors import domain_of, to_status

Decode = Callable[[bytes], Any]
Admit = Callable[[str, dict[str, Any]], Awaitable[auth.Access]]
Tell = Callable[[Exception, str, str | None], DomainError]
ADMIT_SECONDS = 10.0


def talk(method: str, handler: Any, admit: Admit, tell: Tell) -> Any:
    """The handler of a method that answers with a stream: refused, unless it also takes one.

    `admit` says who may come in, `tell` what the other side is told of an unexpected error.
    """
    if not handler.request_streaming:
        return grpc.unary_unary_rpc_method_handler(_refuse)

    async def serve(requests: Any, context: Any) -> AsyncIterator[bytes]:
        metadata = dict(context.invocation_metadata() or ())
        try:
            async with asyncio.timeout(ADMIT_SECONDS):
                access = await admit(method, metadata)
            if not access.settled:
                raise RuntimeError("nothing decides later who may talk")
            said = decoded(requests, handler.request_deserializer)
            async for reply in handler.stream_stream(said, context):
                yield handler.response_serializer(reply)
        except DomainError as error:
            await context.abort_with_status(to_status(error, domain_of(method)))
        except grpc.aio.AbortError:
            raise
        except Exception as error:
            told = tell(error, method, None)
            await context.abort_with_status(to_status(told, domain_of(method)))

    return grpc.stream_stream_rpc_method_handler(serve)


async def decoded(contents: AsyncIterator[bytes], decode: Decode | None) -> AsyncIterator[Any]:
    """The messages of a stream. Raises Invalid."""
    async for content in contents:
        yield decode_one(content, decode)


def decode_one(content: bytes, decode: Decode | None) -> Any:
    """A message from its bytes. Raises Invalid."""
    try:
        return decode(content) if decode else content
    except (DecodeError, ValueError) as error:
        raise Invalid("the request is not a message of this method") from error


async def _refuse(_request: Any, context: Any) -> None:
    await context.abort(
        grpc.StatusCode.UNIMPLEMENTED, "answers come as a stream only where requests do"
    )
