"""Our EM against recordlinkage's ECMClassifier, where that can express the model: two classes, complete data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import recordlinkage

from matching.compare import Vectors
from matching.em import plain, responsibilities
from matching.model import MATCH, Comparison, MatchModel, default
from matching.train import responsibilities as of_train

M = (0.95, 0.85, 0.9, 0.7, 0.8)
U = (0.05, 0.1, 0.02, 0.2, 0.1)
NAMES = ("given_name", "family_name", "birth_date", "address", "phone")


def drawn(pairs: int, share: float, seed: int) -> np.ndarray:
    """Agreements (1) and disagreements (0) of pairs of which ``share`` are matches: [pairs, comparisons]."""
    draw = np.random.default_rng(seed)
    match = draw.random(pairs) < share
    chance = np.where(match[:, None], M, U)
    return (draw.random((pairs, len(M))) < chance).astype(np.uint8)


def binary_model(share: float) -> MatchModel:
    """Comparisons of two levels, starting from what ECMClassifier's ``init="jaro"`` starts from."""
    comparisons = tuple(
        Comparison(name, ("agree", "differ"), {
            c: (0.9, 0.1) if c == "match" else (0.1, 0.9)
            for c in ("stranger", "namesake", "household", "relative", "match")
        })
        for name in NAMES
    )  # fmt: skip
    rates = {"stranger": 1 - share, "namesake": 1e-15, "household": 1e-15, "relative": 1e-15, "match": share}
    return replace(default(), comparisons=comparisons, frequencies={}, rates=rates)


@pytest.mark.parametrize(("share", "seed"), [(0.3, 1), (0.1, 2), (0.6, 3)])
def test_two_classes_agree_with_recordlinkage(share: float, seed: int) -> None:
    agree = drawn(20_000, share, seed)
    index = pd.MultiIndex.from_arrays([range(len(agree)), range(len(agree))])
    peer = recordlinkage.ECMClassifier(init="jaro", atol=1e-9, max_iter=500)
    theirs = peer.fit_predict(pd.DataFrame(agree, index=index, columns=list(NAMES)))
    vectors = Vectors((1 - agree).astype(np.uint8), {})
    ours = plain(vectors, binary_model(0.1), ("stranger", "match"), rounds=500)
    assert ours.rates["match"] == pytest.approx(peer.p, abs=0.004)
    for comparison in ours.comparisons:
        name = comparison.attribute
        assert comparison.probabilities["match"][0] == pytest.approx(peer.m_probs[name][1], abs=0.004)
        assert comparison.probabilities["stranger"][0] == pytest.approx(peer.u_probs[name][1], abs=0.004)
    matches = responsibilities(vectors, ours)[MATCH] > 0.5
    assert (matches == np.isin(np.arange(len(agree)), [i for i, _ in theirs])).mean() > 0.998
    # And both find what the data were drawn from.
    assert ours.rates["match"] == pytest.approx(share, abs=0.02)


def test_missing_values_say_nothing() -> None:
    agree = drawn(20_000, 0.3, 4)
    levels = (1 - agree).astype(np.uint8)
    levels[np.random.default_rng(5).random(levels.shape) < 0.3] = 2
    ours = plain(Vectors(levels, {}), binary_model(0.1), ("stranger", "match"), rounds=500)
    assert ours.rates["match"] == pytest.approx(0.3, abs=0.03)
    for m, comparison in zip(M, ours.comparisons, strict=True):
        assert comparison.probabilities["match"][0] == pytest.approx(m, abs=0.03)


def test_training_asks_the_same_whose_pairs_these_are() -> None:
    vectors, model = Vectors((1 - drawn(500, 0.3, 6)).astype(np.uint8), {}), binary_model(0.3)
    assert (of_train(vectors, model) == responsibilities(vectors, model)).all()
