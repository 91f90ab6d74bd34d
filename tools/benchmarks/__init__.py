"""One file a benchmark: `./yst bench NAME` runs NAME.py."""
