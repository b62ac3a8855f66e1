"""What stands in for what Spark's wheel lacks, in `scripts/on_spark.py`."""
