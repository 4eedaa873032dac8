"""Measurements that anyone can repeat: `make bench`. What was measured is in docs/benchmarks.md."""
