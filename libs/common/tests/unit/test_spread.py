"""Records go where Kafka's own clients would put them."""

from __future__ import annotations

from aiokafka.partitioner import DefaultPartitioner
from common.kafka_producer.spread import spread
from hypothesis import given
from hypothesis import strategies as st


@given(key=st.binary(max_size=60), partitions=st.integers(1, 100))
def test_a_key_goes_where_other_clients_put_it(key: bytes, partitions: int) -> None:
    everything = list(range(partitions))
    expected = DefaultPartitioner()(key, everything, everything)
    assert spread(key, everything, everything) == expected
    assert spread(key, everything, []) == expected
