"""simple-salesforce through the proxy, with the code of docs/how-to/proxy.md."""

import pathlib
import re

from simple_salesforce.exceptions import SalesforceError

guide = pathlib.Path(__file__).parents[2] / "docs/how-to/proxy.md"
[code] = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
exec(code)

accounts = sf.query("SELECT Id, Name FROM Account ORDER BY Name")
assert accounts["totalSize"] == 2, accounts
first = accounts["records"][0]
assert sf.Account.get(first["Id"])["Name"] == first["Name"]
assert sf.search("FIND {Globex}")["searchRecords"]
assert sf.Account.describe()["fields"]
try:
    sf.Account.create({"Name": "Acme"})
except SalesforceError as refused:
    assert refused.status == 403, refused
else:
    raise AssertionError("the proxy forwarded a POST")
print("simple-salesforce: query, get, search, describe; no changes")
