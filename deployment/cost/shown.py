"""Estimates as text for a person, and as JSON for a program."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deployment.cost.estimate import Estimate, PricedLine
from deployment.cost.line import Section
from deployment.cost.price_list import PriceList
from deployment.cost.price_table import PRICES_AS_OF, PRICES_REGION

UNCONFIRMED = "*"
FORMAT = 1
_AMOUNT = 12
_COLUMN = 16
_TITLE = 46


def table(estimate: Estimate, prices: PriceList) -> Iterator[str]:
    """Every line of one tier, with the sums, and the comparison with Amazon Comprehend."""
    yield f"What {estimate.tier} costs on AWS, in US dollars"
    for section in Section:
        lines = [line for line in estimate.lines if line.line.section == section]
        if not lines:
            continue
        yield ""
        title = section[0].upper() + section[1:]
        yield f"{title:<{_TITLE}}{estimate.total(section):>{_AMOUNT},.4f}"
        yield from (_line(line) for line in sorted(lines, key=lambda line: -line.usd))
    yield ""
    yield from _comparison(estimate)
    yield ""
    yield from _assumptions(estimate)
    yield from prices_said(prices, [estimate])
    if estimate.not_priced:
        yield ""
        yield "Not priced:"
        yield from (f"  {what}" for what in estimate.not_priced)


def side_by_side(estimates: Sequence[Estimate], prices: PriceList) -> Iterator[str]:
    """The sums of several tiers beside each other."""
    yield f"{'What it costs on AWS, in US dollars':<{_TITLE}}" + "".join(
        f"{one.tier:>{_COLUMN}}" for one in estimates
    )
    rows: list[tuple[str, list[str]]] = [
        (str(section), [f"{one.total(section):,.2f}" for one in estimates]) for section in Section
    ]
    rows.append(
        ("a million texts on Comprehend", [f"{one.comprehend_usd:,.2f}" for one in estimates])
    )
    rows.append(("cheaper than Comprehend from … texts a month", [_from(one) for one in estimates]))
    for what, values in rows:
        yield f"  {what:<{_TITLE - 2}}" + "".join(f"{value:>{_COLUMN}}" for value in values)
    yield from _assumptions(estimates[0])
    yield from prices_said(prices, estimates)
    for one in estimates:
        if one.not_priced:
            yield f"Not priced of {one.tier}: {'; '.join(one.not_priced)}"


def as_json(estimate: Estimate, prices: PriceList) -> str:
    """One object; numbers are US dollars."""
    lines: list[Mapping[str, Any]] = [
        {
            "section": line.line.section.name.lower(),
            "what": line.line.what,
            "quantity": line.line.quantity,
            "service": line.line.rate.service,
            "usage": line.line.rate.usage,
            "price": line.price.usd if line.price else None,
            "source": line.price.source if line.price else None,
            "confirmed": line.price.confirmed if line.price else None,
            "usd": line.usd if line.price else None,
        }
        for line in estimate.lines
    ]
    return json.dumps(
        {
            "format": FORMAT,
            "tier": estimate.tier,
            "prices": {
                "region": prices.region if prices.asks_aws else PRICES_REGION,
                "from": "Price List API" if prices.asks_aws else "table",
                "as_of": None if prices.asks_aws else PRICES_AS_OF,
            },
            "totals": {section.name.lower(): estimate.total(section) for section in Section},
            "lines": lines,
            "not_priced": estimate.not_priced,
            "comprehend_million_texts": estimate.comprehend_usd,
            "break_even_texts_a_month": estimate.break_even_texts,
            "assumptions": estimate.work.as_dict(),
        },
        indent=2,
    )


def prices_said(prices: PriceList, estimates: Sequence[Estimate]) -> Iterator[str]:
    """Where the prices come from, and which of them are to be taken with care."""
    if prices.asks_aws:
        yield f"Prices of {prices.region} by AWS's Price List API; what it does not say clearly is"
        yield f"the table's of {PRICES_REGION}, {PRICES_AS_OF}. No free quota is subtracted."
    else:
        why = f" (the Price List API refused: {prices.failure})" if prices.failure else ""
        yield f"Prices of {PRICES_REGION}, collected {PRICES_AS_OF} from public pages{why}: check"
        yield "before quoting. No free quota and no discount is subtracted."
        if prices.region != PRICES_REGION:
            yield (
                f"There is no table for {prices.region}: with credentials for AWS, the Price List "
                "API is asked for its prices."
            )
    if any(_is_unconfirmed(line) for one in estimates for line in one.lines):
        yield f"{UNCONFIRMED} the price is from memory, or from one source alone."


def _line(line: PricedLine) -> str:
    amount = f"{line.usd:>{_AMOUNT},.4f}" if line.price else f"{'no price':>{_AMOUNT}}"
    return f"{amount}{UNCONFIRMED if _is_unconfirmed(line) else ' '} {line.line.what}"


def _is_unconfirmed(line: PricedLine) -> bool:
    return line.price is not None and not line.price.confirmed


def _comparison(estimate: Estimate) -> Iterator[str]:
    work = estimate.work
    yield (
        f"{'A million texts on Amazon Comprehend':<{_TITLE}}"
        f"{estimate.comprehend_usd:>{_AMOUNT},.4f}"
    )
    yield (
        f"  {work.comprehend_units / 1e6:g} units of 100 characters a text, three at the least; "
        "its discounts for volume are not counted"
    )
    texts = estimate.break_even_texts
    if texts is None:
        yield "A text costs more here than on Comprehend: there is no break-even."
    else:
        yield (
            f"{estimate.tier} costs less from {texts:,.0f} texts a month on: a month of it, with "
            f"one retraining, is ${estimate.month:,.2f}."
        )


def _from(estimate: Estimate) -> str:
    texts = estimate.break_even_texts
    return "never" if texts is None else f"{texts:,.0f}"


def _assumptions(estimate: Estimate) -> Iterator[str]:
    work = estimate.work
    yield (
        f"Assumed: {work.texts_per_request} texts a request, {work.characters_per_text} characters "
        f"a text, {work.function_ms} ms in the function and {work.endpoint_ms} ms in"
    )
    yield (
        f"the endpoint for a request, {work.training_minutes:g} min of training, "
        f"{work.stored_gb:g} GB in a bucket. Not measured on AWS."
    )
