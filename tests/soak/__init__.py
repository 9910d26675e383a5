"""What `make soak` runs at length, and `make test` in short: damaged inputs, kills, builds, full disks, readers."""
