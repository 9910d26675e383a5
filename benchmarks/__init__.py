"""The figures that the documentation quotes: `make bench` measures them again, all in one run on one machine."""
