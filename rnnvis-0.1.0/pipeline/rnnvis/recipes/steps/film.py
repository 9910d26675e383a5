"""Training seen as a film: which epochs are published, and how their clusters are named."""

from __future__ import annotations

from rnnvis.config import Card, LanguageModelConfig


def published_epochs(card: Card) -> tuple[int, ...]:
    """The epochs before the model's end that are published, ascending."""
    return tuple(sorted(card.published_epochs)) if isinstance(card, LanguageModelConfig) else ()


def next_epoch(card: Card, epoch: int) -> int | None:
    """The published epoch after `epoch`; None for the model's end."""
    return next((other for other in published_epochs(card) if other > epoch), None)
