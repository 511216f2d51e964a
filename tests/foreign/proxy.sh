#!/bin/sh
# Clients that get no token, through `orgtoken serve`: curl, jsforce and simple-salesforce.
set -eu
here=$(dirname "$0")
rm -f agent.bearer serve.log
"$ORGTOKEN" serve --no-cache --listen 127.0.0.1:0=default --bearer-file agent.bearer 2> serve.log &
service=$!
trap 'kill $service' EXIT
until grep -q 'listening on' serve.log; do
    kill -0 $service || { cat serve.log; exit 1; }
    sleep 0.1
done
SF_INSTANCE=$(sed -n 's/^listening on //p' serve.log)
AGENT_BEARER=$(cat agent.bearer)
export SF_INSTANCE AGENT_BEARER
# The clients get no other way to the org.
unset ORGTOKEN_PRIVATE_KEY_FILE FAKE_ORG_PROXY HTTPS_PROXY https_proxy

curl --silent --fail --noproxy '*' --header "Authorization: Bearer $AGENT_BEARER" \
    "$SF_INSTANCE/services/data/v60.0/query?q=SELECT+Name+FROM+Account" | grep -q 'Acme Rockets'
echo 'curl: query'
node "$here/proxy.mjs"
python/bin/python "$here/proxy.test.py"
