"""The stages that the command line runs: each reads files and writes files, kept by hash under `build/`."""
