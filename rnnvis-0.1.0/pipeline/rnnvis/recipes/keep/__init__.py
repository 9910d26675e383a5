"""What is kept between runs: steps, their results, the lock."""
