"""A bulk job of simple-salesforce: `in.csv` is loaded, or the result of a query saved."""

import os
import shutil
import sys
import tempfile

from salesforce_login import sf

match sys.argv[1:]:
    case [file]:
        sf.bulk2.Account.insert(file)
    case [file, soql]:
        with tempfile.TemporaryDirectory(dir=".") as folder:
            sf.bulk2.Account.download(soql, path=folder, max_records=1_000_000)
            [*parts] = sorted(os.scandir(folder), key=lambda part: part.stat().st_mtime_ns)
            with open(file, "wb") as whole:
                for number, part in enumerate(parts):
                    with open(part.path, "rb") as rows:
                        if number:
                            rows.readline()
                        shutil.copyfileobj(rows, whole)
