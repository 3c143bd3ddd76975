# Runs the SQL of a document's section with DuckDB, in a directory with tables; prints the rows of each query as JSON.
#   python3 queries.py DOCUMENT SECTION DIRECTORY
import json
import os
import re
import sys

import duckdb

document, section, directory = sys.argv[1:]
with open(document, encoding="utf-8") as file:
    text = re.split(r"^## ", file.read(), flags=re.M)
part = next(part for part in text if part.startswith(section))
os.chdir(directory)
answers = []
for query in re.findall(r"```sql\n(.*?)```", part, flags=re.S):
    result = duckdb.sql(query)
    if result is not None:
        answers.append([dict(zip(result.columns, row)) for row in result.fetchall()])
print(json.dumps(answers, default=str))
