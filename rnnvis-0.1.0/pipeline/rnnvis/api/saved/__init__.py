"""States that somebody saved: NumPy, Parquet, safetensors, torch and HDF5 files, and the tokens beside them.

Nothing in these files is executed: no pickles are loaded, YAML is read with its safe loader, and what a file claims to
hold is compared with its size before anything is allocated.
"""
