"""`make bench`: the speed that is promised, each figure beside its floor (docs/benchmarks.md)."""
