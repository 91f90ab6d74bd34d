"""What ./yst calls: set-up, run, test, lint, bench, backup. Standard library only on import."""
