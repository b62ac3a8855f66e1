"""Words of one family have one stem; words of two families do not."""

from __future__ import annotations

import pytest

from milepost.catalogue.stems import stem, stemmed, words


@pytest.mark.parametrize(
    "family",
    [
        "reject rejects rejected rejecting rejection rejections",
        "accept accepts accepted acceptance acceptable",
        "deliver delivers delivered delivery deliveries",
        "reliable reliably reliability",
        "cancel cancels cancelled canceling cancellation cancellations",
        "late lateness",
        "price prices priced pricing",
        "punctual punctuality",
        "supply supplies supplied",
        "volatile volatility",
        "lane lanes",
        "loss losses",
        "ship ships shipped shipping shipment",
    ],
)
def test_a_family_has_one_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    "pair",
    [
        "rate ratio",
        "load lane",
        "string ring",
        "status state",
        "bus business",
        "day delay",
        "way w",
    ],
)
def test_what_only_looks_alike_is_no_family(pair: str) -> None:
    assert len({stem(word) for word in pair.split()}) == 2


def test_the_words_of_a_name_are_those_of_a_text() -> None:
    assert words("Late_Delivery-rate 28d, UTC.") == ["late", "delivery", "rate", "28d", "utc"]
    assert stemmed("late_deliveries") == stemmed("Late delivery") == " lat deliver "
    assert stemmed("größe") == " größe "
