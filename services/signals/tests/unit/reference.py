"""The specification again, slow and by the book, to compare the stream with.

Whole history in hand, days in a dictionary, 2×2 matrices, no window, nothing incremental. It
shares no code with the model but the parameters and the activities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import exp, log

from signals.domain.activity import DAY, Activity, ActivityKind
from signals.domain.parameters import Parameters

K = ActivityKind
COUNTED = {"messages": K.MESSAGE_SENT, "asks": K.ASK, "sessions": K.SESSION}
NOT_ACTS = {K.REPLY_RECEIVED, K.POST_ANSWERED, K.ENROLLED}
Matrix = list[list[float]]


class Reference:
    """d, μ, P after all days up to `until` (a day number) are taken."""

    def __init__(self, history: Sequence[Activity], until: int, parameters: Parameters) -> None:
        self.p = parameters
        self.x = [0.0, 0.0]
        self.P: Matrix = [[parameters.v_d, 0.0], [0.0, parameters.v_mu]]
        self.at: float | None = None
        # Days that count as evidence, by ordinal: habits fade by them, not over unknown months.
        self.day = 0
        self.daily: dict[str, list[tuple[int, int]]] = defaultdict(list)  # (ordinal, n) per count
        self.turns: list[tuple[int, int, int]] = []
        acts = [one for one in history if one.kind not in NOT_ACTS]
        days = sorted({one.at // DAY for one in acts})
        for day in range(days[0], until) if days else ():
            last_active = max(d for d in days if d <= day)
            if day - last_active <= parameters.silent_days:
                self.day += 1
                self._day(day, history)

    def _day(self, day: int, history: Sequence[Activity]) -> None:
        today = [one for one in history if one.at // DAY == day]
        by_time = sorted(today, key=lambda one: (one.at, one.value or 0))
        answers = {one.kind: one for one in by_time if one.kind in (K.SURVEY_SCORE, K.CHECK_IN)}
        for one in sorted(answers.values(), key=lambda one: (one.at, one.kind is K.CHECK_IN)):
            self._predict(one.at / DAY)
            self._answer(one)
        self._predict(day + 1)
        self._behave(day, today, history)

    def _predict(self, at: float) -> None:
        gap, self.at = (0.0 if self.at is None else at - self.at), at
        f = exp(-log(2) / self.p.half_life_days * gap)
        self.x[0] *= f
        (dd, dm), (_, mm) = self.P
        v_d, q = self.p.v_d, self.p.q_mu
        self.P = [[f * f * dd + v_d * (1 - f * f), f * dm], [f * dm, mm + q * gap]]

    def _answer(self, one: Activity) -> None:
        p = self.p
        assert one.value is not None
        if one.kind is K.SURVEY_SCORE:
            c1 = p.survey_sd * p.survey_reliability**0.5
            r = p.survey_sd**2 * (1 - p.survey_reliability)
            surprise = one.value - p.survey_mean - c1 * (self.x[0] + self.x[1])
        else:  # on the z-scored answer, turned so that more is lonelier
            c1, r = p.check_in_reliability**0.5, 1 - p.check_in_reliability
            z = (p.check_in_mean - one.value) / p.check_in_sd
            surprise = z - c1 * (self.x[0] + self.x[1])
        ph = [sum(row) * c1 for row in self.P]
        s = c1 * sum(ph) + r
        gain = [v / s for v in ph]
        self.x = [v + g * surprise for v, g in zip(self.x, gain, strict=True)]
        self.P = [[self.P[i][j] - gain[i] * ph[j] for j in (0, 1)] for i in (0, 1)]

    def _behave(self, day: int, today: list[Activity], history: Sequence[Activity]) -> None:
        p, g, j = self.p, 0.0, 0.0
        for (name, kind), (_, b, usual) in zip(COUNTED.items(), p.counted, strict=True):
            n, before = sum(one.kind is kind for one in today), self.daily[name]
            if before:
                w = [2 ** (-(self.day - 1 - d) / p.habit_half_life_days) for d, _ in before]
                a = sum(wi * c for wi, (_, c) in zip(w, before, strict=True))
                e = (a + p.habit_prior_days * usual) / (sum(w) + p.habit_prior_days)
                e *= exp(b * self.x[0])
                g += b * (n - e) / (1 + p.dispersion * e)
                j += b * b * e / (1 + p.dispersion * e)
            if n or before:
                before.append((self.day, n))
        n, y = self._turns(day, history)
        if n:
            w = [2 ** (-(self.day - d) / p.habit_half_life_days) for d, _, _ in self.turns]
            had = sum(wi * yi for wi, (_, _, yi) in zip(w, self.turns, strict=True))
            of = sum(wi * ni for wi, (_, ni, _) in zip(w, self.turns, strict=True))
            u = (had + p.habit_prior_days * p.reply_usual) / (of + p.habit_prior_days)
            omega, b = 1 + p.clustering * (n - 1), p.reply_loading
            g += b * (y - n * u) / omega
            j += b * b * n * u * (1 - u) / omega
            self.turns.append((self.day, n, y))
        g, j = max(-p.clip, min(p.clip, p.temper * g)), p.temper * j
        (dd, dm), (_, mm) = self.P
        k = 1 + j * dd
        self.x = [self.x[0] + dd * g / k, self.x[1] + dm * g / k]
        dm_, mm_ = dm - j * dd * dm / k, mm - j * dm * dm / k
        self.P = [[dd - j * dd * dd / k, dm_], [dm_, mm_]]

    def _turns(self, day: int, history: Sequence[Activity]) -> tuple[int, int]:
        opened = sum(one.opens_turn and one.at // DAY == day for one in history)
        answered = sum(
            one.kind is K.REPLY_RECEIVED
            and one.reply_latency_ms is not None
            and one.reply_latency_ms <= 2 * DAY
            and (one.at - one.reply_latency_ms) // DAY == day
            for one in history
        )
        return opened, min(opened, answered)
