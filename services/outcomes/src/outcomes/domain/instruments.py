"""The instruments of Kith, as data. Who changes a text or a rule gives it a new version."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from outcomes.domain.errors import InstrumentNotFound
from outcomes.domain.instrument import Instrument, Item

_FREQUENCY = ("Hardly ever or never", "Some of the time", "Often")

UCLA_3 = Instrument(
    id="ucla-3",
    version="ucla-3-en-1",
    display_name="Three-item loneliness scale",
    items=(
        Item("companionship", "How often do you feel that you lack companionship?", 1, _FREQUENCY),
        Item("left-out", "How often do you feel left out?", 1, _FREQUENCY),
        Item("isolated", "How often do you feel isolated from others?", 1, _FREQUENCY),
    ),
    scoring_version="ucla-3-sum-1",
    source=(
        "Hughes, M. E., Waite, L. J., Hawkley, L. C., Cacioppo, J. T. (2004). A short scale for "
        "measuring loneliness in large surveys: results from two population-based studies. "
        "Research on Aging 26(6), 655–672. After the Revised UCLA Loneliness Scale (Russell, "
        "Peplau, Cutrona 1980)."
    ),
    terms=(
        "The items are their authors'; they are reproduced in public guidance and shown here "
        "with this attribution. For adults. The score is the sum, 3 (least lonely) to 9; no "
        "item may be missing."
    ),
)

CHECK_IN = Instrument(
    id="check-in",
    version="check-in-en-1",
    display_name="Weekly check-in",
    items=(
        Item(
            "week", "How was your week?", 0,
            ("Very hard", "Hard", "Up and down", "Good", "Very good"),
        ),
    ),
    scoring_version="check-in-value-1",
    source="Kith's own wording.",
    terms="Not a validated measure: it follows one person over time. 0 is worst, 4 is best.",
)  # fmt: skip

INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {instrument.id: instrument for instrument in (UCLA_3, CHECK_IN)}
)


def instrument_of(id: str) -> Instrument:
    """The instrument. Raises InstrumentNotFound."""
    try:
        return INSTRUMENTS[id]
    except KeyError:
        raise InstrumentNotFound("no such instrument", field="instrument_id") from None
