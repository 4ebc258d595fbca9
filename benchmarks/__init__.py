"""Side-by-side measurements: one file a question, each printing one table (`python -m benchmarks.NAME [--json]`)."""
