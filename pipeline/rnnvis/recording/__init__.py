"""Run a model over text and capture the states of its recurrent layers, step by step."""

from rnnvis.recording.called import Batch
from rnnvis.recording.capture import capture, recurrent_modules
from rnnvis.recording.source import StateSource
from rnnvis.recording.steps import StepBatch, record_steps
from rnnvis.recording.traces import LayerTrace

__all__ = ["Batch", "LayerTrace", "StateSource", "StepBatch", "capture", "record_steps", "recurrent_modules"]
