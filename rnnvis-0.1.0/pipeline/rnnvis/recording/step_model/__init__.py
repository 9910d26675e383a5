"""Step models: what a recorded model computes, as a file that needs no torch; see `rnnvis.StepModel`."""
