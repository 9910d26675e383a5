"""The project's own site: pages, fragments from tables, notices, the wheel with the viewer."""
