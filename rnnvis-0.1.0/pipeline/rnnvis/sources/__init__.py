"""Ready sources: recurrent models of other libraries, whose states are read as those libraries keep them.

- `rnnvis.sources.cached(model)`: recurrent models of `transformers`, a token at a time, by their cache.
- `rnnvis.sources.min_rnn(model)`: models with `minGRU` or `minLSTM` of `minGRU-pytorch`.
- `rnnvis.sources.stacked(model)`: models of the package `xlstm`, a token at a time.
- `rnnvis.sources.SelectiveStateSpace`: a plain selective state-space model, to train and to take apart.
- `rnnvis.sources.MinGRU`, `SLSTM` and `StateSpace`: recurrent layers to train, called and recorded as `nn.GRU` is.

Each is compared with the library's own forward pass on the first batch, and refused where it differs. None of these
libraries is needed to install rnnvis, or imported here.
"""

from __future__ import annotations

from rnnvis.recording.cells import SLSTM, MinGRU, StateSpace
from rnnvis.sources.cached import cached
from rnnvis.sources.min_rnn import min_rnn
from rnnvis.sources.selective import SelectiveStateSpace
from rnnvis.sources.stacked import stacked

__all__ = ["SLSTM", "MinGRU", "SelectiveStateSpace", "StateSpace", "cached", "min_rnn", "stacked"]
