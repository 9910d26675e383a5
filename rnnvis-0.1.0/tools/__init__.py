"""What builds this project and is no part of the package."""
