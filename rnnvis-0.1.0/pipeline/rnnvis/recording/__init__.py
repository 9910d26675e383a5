"""Run a model over text and capture the states of its recurrent layers, step by step."""

from rnnvis.recording.called import Batch
from rnnvis.recording.capture import capture, recurrent_modules
from rnnvis.recording.source import StateSource
from rnnvis.recording.steps import StepBatch
from rnnvis.recording.traces import LayerTrace

__all__ = ["Batch", "LayerTrace", "StateSource", "StepBatch", "capture", "recurrent_modules"]
