# The first query of docs/fleet.md on Spark in local mode, over tables that `leakscan export --parquet` wrote:
#   python3 bench/fleet.py DIRECTORY     (needs pyspark and Java; the directory holds tables/*/classes.parquet)
# Spark reads the same files and SQL; only the path, the way to group by all and casts are its own.
import sys
import time

from pyspark.sql import SparkSession

directory = sys.argv[1]
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
started = time.monotonic()
spark.read.parquet(f"{directory}/tables/*/classes.parquet").createOrReplaceTempView("classes")
rows = spark.sql("""
WITH counts AS (
  SELECT version, pod, class_name, CAST(taken AS INT) AS taken, sum(count) AS count, sum(retained_size) AS bytes
  FROM classes
  GROUP BY ALL
), steps AS (
  SELECT *, count - lag(count) OVER life AS more, bytes - lag(bytes) OVER life AS more_bytes
  FROM counts
  WINDOW life AS (PARTITION BY version, pod, class_name ORDER BY taken)
), pods AS (
  SELECT version, pod, class_name, sum(more) AS growth, sum(more_bytes) AS bytes
  FROM steps
  GROUP BY ALL
  HAVING min(more) > 0
)
SELECT version, class_name, count(*) AS pods, sum(growth) AS growth, sum(bytes) AS bytes
FROM pods
GROUP BY ALL
HAVING count(*) > 1
ORDER BY growth DESC
LIMIT 20
""").collect()
for row in rows:
    print(row.asDict())
print(f"Spark {spark.version}: {len(rows)} rows in {time.monotonic() - started:.1f} s")
