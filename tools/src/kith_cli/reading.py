"""Signals for people at a terminal: a table of many members, a plot of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from kith_cli.client import Kith
from kith_cli.console import out, say
from kith_cli.errors import Stop
from kith_cli.networks import door, sign_in
from kith_cli.settings import Settings

STATUS = {
    "estimated": "",
    "needs_check_in": "ask for a check-in",
    "unknown_recontact": "unknown, get in touch",
}
REASONS = {
    "surveys": "surveys",
    "check_ins": "check-ins",
    "messages_sent": "messages sent",
    "reply_ratio": "replies received",
    "asks": "asks",
    "sessions": "sessions",
}
BLOCKS = "▁▂▃▄▅▆▇█"
PAGE, MOST_RANKED = 200, 10_000
# Told apart by what must stay in one piece in a terminal of 80 columns.
WHOLE = {"member", "engagement", "risk", "interval"}
COLUMNS = ("member", "engagement", "risk", "interval", "main reasons", "last activity", "note")
MIN_WIDTH = {"main reasons": 20}
PLOT_WIDTH = 100


def show_top(
    settings: Settings, network: str | None, count: int, *, unknown: bool, as_of: str | None
) -> None:
    """Print the members at highest risk. Raises Stop, Refused."""
    with door(settings) as kith:
        entry = sign_in(settings, kith, network)
        page = _ranked(kith, count, unknown=unknown, as_of=as_of)
        handles = {item["memberId"]: _handle(kith, item["memberId"]) for item in page["signals"]}
    if not page["signals"]:
        say(f"Nobody in {entry.network!r} has a signal yet.")
        return
    out.print(table(page, entry.network, handles))


def show_member(settings: Settings, network: str | None, member: str) -> None:
    """Print a member's signal and plot her course. Raises Stop, Refused."""
    with door(settings) as kith:
        entry = sign_in(settings, kith, network)
        member_id = _find(kith, member)
        latest = kith.get("/v1/signals", pageSize=1)["asOfTime"]
        signal = kith.get(f"/v1/signals/{member_id}", asOfTime=latest)
        points = _course(kith, member_id)
    out.print(table({"signals": [signal], "asOfTime": latest}, entry.network, {member_id: member}))
    if points:
        out.print(Text.from_ansi(plot(member, points)))
    else:
        say("No day of hers is closed yet.")


def table(page: Mapping[str, Any], network: str, handles: Mapping[str, str]) -> Table:
    """Signals as a table; times are ages at the time they were estimated for."""
    as_of = _time(page["asOfTime"])
    made = Table(
        title=f"{network}: loneliness risk as of {as_of:%Y-%m-%d %H:%M} UTC", title_justify="left",
        caption="risk: probability of UCLA-3 ≥ 6 if asked then, with its 80 % interval; reasons in "
        "percentage points of risk", caption_justify="left", box=SIMPLE_HEAD,
        pad_edge=False, padding=(0, 1, 0, 0),
    )  # fmt: skip
    for name in COLUMNS:
        made.add_column(name, no_wrap=name in WHOLE, min_width=MIN_WIDTH.get(name))
    for item in page["signals"]:
        risk = item["risk"]
        made.add_row(
            handles.get(item["memberId"], item["memberId"]),
            f"{item['engagement']['score']:3.0f} {_block(item['engagement']['score'])}",
            Text(f"{risk['probability']:.2f}", style=_style(risk.get("band"))),
            f"{risk['probabilityLow']:.2f}–{risk['probabilityHigh']:.2f}",
            ", ".join(_reason(reason) for reason in risk["reasons"]) or "–",
            _age(item.get("lastActivityTime"), as_of),
            STATUS.get(risk["status"], risk["status"]),
        )
    return made


def plot(member: str, points: Sequence[Mapping[str, Any]]) -> str:
    """A member's course as a terminal plot: risk with its interval, engagement below."""
    days = [_time(point["day"]).strftime("%Y-%m-%d") for point in points]
    risk = {
        "gray": [point["probabilityHigh"] for point in points],
        "gray+": [point["probabilityLow"] for point in points],
        "red": [point["probability"] for point in points],
    }
    engagement = {"blue": [point["engagement"] for point in points]}
    return (
        _figure(
            f"{member}: loneliness risk, with its 80 % interval", days, risk, highest=1, rows=18
        )
        + "\n"
        + _figure("engagement", days, engagement, highest=100, rows=9)
    )


def _figure(
    title: str,
    days: Sequence[str],
    lines: Mapping[str, Sequence[float]],
    *,
    highest: int,
    rows: int,
) -> str:
    import plotext

    plotext.clear_figure()
    plotext.plot_size(PLOT_WIDTH, rows)
    plotext.date_form("Y-m-d")
    plotext.title(title)
    plotext.ylim(0, highest)
    plotext.yticks([highest * quarter / 4 for quarter in range(5)])
    for colour, values in lines.items():
        plotext.plot(days, values, color=colour.rstrip("+"), marker="braille")
    built: str = plotext.build()
    return built


def _ranked(kith: Kith, count: int, *, unknown: bool, as_of: str | None) -> dict[str, Any]:
    """The members at highest risk at that time.

    The API pages by the risk each had at her last activity, which time has changed since, so more
    are read than shown and sorted anew.
    """
    found: list[Mapping[str, Any]] = []
    token: str | None = None
    while True:
        page = kith.get(
            "/v1/signals", pageSize=PAGE, pageToken=token, asOfTime=as_of,
            includeUnknown=str(unknown).lower(),
        )  # fmt: skip
        found += page["signals"]
        token, as_of = page.get("nextPageToken"), page.get("asOfTime")
        if not token or len(found) >= MOST_RANKED:
            break
    found.sort(key=lambda signal: -float(signal["risk"]["probability"]))
    return {"signals": found[:count], "asOfTime": as_of}


def _course(kith: Kith, member_id: str) -> list[Mapping[str, Any]]:
    points: list[Mapping[str, Any]] = []
    token: str | None = None
    while True:
        page = kith.get(f"/v1/signals/{member_id}/course", pageSize=1000, pageToken=token)
        points += page["points"]
        token = page.get("nextPageToken")
        if not token:
            return points


def _find(kith: Kith, member: str) -> str:
    """The id of a member by handle or id. Raises Stop."""
    try:
        return str(UUID(member))
    except ValueError:
        pass
    token: str | None = None
    while True:
        page = kith.get("/v1/accounts", pageSize=1000, pageToken=token)
        for account in page["accounts"]:
            if account["handle"].lower() == member.lower():
                return str(account["id"])
        token = page.get("nextPageToken")
        if not token:
            raise Stop(f"Nobody is called {member!r} there; `kith signals top` shows handles.")


def _handle(kith: Kith, member_id: str) -> str:
    return str(kith.get(f"/v1/accounts/{member_id}")["handle"])


def _reason(reason: Mapping[str, Any]) -> str:
    return f"{REASONS.get(reason['code'], reason['code'])} {reason['points']:+.0f}"


def _block(score: float) -> str:
    return BLOCKS[round(score / 100 * (len(BLOCKS) - 1))]


def _style(band: str | None) -> str:
    return {"high": "bold red", "raised": "yellow", "low": "green"}.get(band or "", "")


def _age(at: str | None, as_of: datetime) -> str:
    if not at:
        return "never"
    hours = max(0.0, (as_of - _time(at)).total_seconds() / 3600)
    return f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} d ago"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
