"""Texts that stand under several labels: the label of most of their rows counts, where it is clear.

Among many very short reviews (`Good`, `OK`) some carry a label by mistake. To drop such a text
whole would cost all the rows that agree.
"""

from typing import Final

import narwhals as nw

from data_prep.transform.rows import Frame, by_text

CLEAR: Final = (3, 4)
"""The share of a text's rows that must agree, as a fraction: at least three of four."""


def settled(texts: Frame, rows: Frame, *, carry: str) -> Frame:
    """The texts, those with a clear majority as if its rows were all that there are.

    Args:
        texts: What `by_text` made of the rows.
        rows: Columns `key`, `label`, `side`, and the one that is carried along.
        carry: Its name.

    Returns:
        The columns of `by_text`, and `outvoted`: how many rows with other labels were left out.
    """
    columns = ["key", "label", "last_label", "rows", "validation_rows", "test_rows", carry]
    contradicts = nw.col("label") != nw.col("last_label")
    nobody = nw.lit(0, dtype=nw.Int64)
    texts = texts.select(*columns).with_columns(nw.col("rows").cast(nw.Int64), outvoted=nobody)
    disputed = texts.filter(contradicts)
    votes = by_text(
        rows.join(disputed.select("key"), on="key", how="semi"), carry=carry, of=("key", "label")
    ).with_columns(nw.col("rows").cast(nw.Int64))
    all_votes = votes.group_by("key").agg(every=nw.col("rows").sum())
    most, of = CLEAR
    winners = (
        votes.join(all_votes, on="key", how="inner")
        .filter(nw.col("rows") * of >= nw.col("every") * most)
        .with_columns(outvoted=nw.col("every") - nw.col("rows"))
        .select(*columns, "outvoted")
    )
    undecided = disputed.join(winners.select("key"), on="key", how="anti")
    return nw.concat([texts.filter(~contradicts), winners, undecided])
