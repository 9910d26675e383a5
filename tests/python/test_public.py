import subprocess
import sys

import numpy as np
import pytest

import rnnvis


def test_cocluster_is_public_and_recovers_planted_signed_blocks():
    rng = np.random.default_rng(0)
    z, u = rng.integers(0, 4, 80), rng.integers(0, 4, 40)
    means = np.kron(np.array([[1, -1], [-1, 1]]), np.array([[1, 1], [1, -1]]))
    found = rnnvis.cocluster(means[z][:, u] + rng.normal(0, 0.3, (80, 40)), 4, method="block")
    for labels, planted in ((found.word_labels, z), (found.unit_labels, u)):
        pairs = set(zip(labels.tolist(), planted.tolist(), strict=True))
        assert len(pairs) == 4, "one planted group a cluster"
    assert found.quality.sign_coherence > 0.9


def test_unknown_names_are_refused_and_torch_is_not_loaded_for_nothing():
    with pytest.raises(AttributeError, match="no attribute 'cluster'"):
        _ = rnnvis.cluster
    code = "import sys, rnnvis; rnnvis.cocluster; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
