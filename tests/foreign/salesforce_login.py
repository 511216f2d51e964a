"""simple-salesforce, logged in to the fake org."""

import os

from simple_salesforce import Salesforce

sf = Salesforce(
    username=os.environ["ORGTOKEN_USERNAME"],
    consumer_key=os.environ["ORGTOKEN_CLIENT_ID"],
    privatekey_file=os.environ["ORGTOKEN_PRIVATE_KEY_FILE"],
    # The client builds https://….salesforce.com from it. The proxy connects to the org instead.
    instance_url="acme.my",
    proxies={"https": os.environ["FAKE_ORG_PROXY"]},
    version="66.0",
)
