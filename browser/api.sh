#!/usr/bin/env bash
# The programming interface against its own description, by a client that believes only the OpenAPI document:
# once as another agency's system, once as a caseworker. No fault of the server, no status, type or shape that is not declared.
# HEARTH: the program; SCHEMATHESIS: schemathesis; EXAMPLES: how many requests are tried for each operation and phase.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
server=
stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap stop EXIT

cd "$here/.."
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
address=http://127.0.0.1:$port
export HEARTH_DATA=$folder/data HEARTH_PACK=$here/../packs/korea HEARTH_LISTEN=127.0.0.1:$port HEARTH_PUBLIC_URL=$address
export HEARTH_REQUESTS_PER_SECOND=100000

"$HEARTH" demo --data "$HEARTH_DATA" --port "$port" --people 80 --prepare
token=$("$HEARTH" agency add --name "register under test" --organisation court_administration | grep -oE '[A-Za-z0-9_.~+/=-]{32,}' | tail -1)
ministry=$("$HEARTH" agency add --name "ministry under test" --organisation mohw | grep -oE '[A-Za-z0-9_.~+/=-]{32,}' | tail -1)
[ -n "$token" ] && [ -n "$ministry" ] || { echo "hearth agency add printed no token" >&2; exit 1; }
"$HEARTH" demo --data "$HEARTH_DATA" --port "$port" >"$folder/server.log" 2>&1 &
server=$!
for _ in $(seq 300); do
    curl -sf "$address/healthz" >/dev/null && break
    kill -0 "$server" 2>/dev/null || { cat "$folder/server.log" >&2; exit 1; }
    sleep 0.2
done

# Which checks: everything but negative_data_rejection's and positive_data_acceptance's guesses about rules a schema cannot say
# (a member of the household, a day that fits), and ignored_auth for the public addresses.
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,negative_data_rejection,unsupported_method
failed=0
run=("$SCHEMATHESIS")
explore() {
    local name=$1 seed=$2
    shift 2
    echo "== the programming interface as $name"
    # One worker: Python 3.11 loses count of its recursion when two threads parse at once (cpython issue 106905).
    # A guard against hanging; a slow machine takes some minutes.
    timeout 1200 "${run[@]}" run "$address/api/openapi.json" --checks "$checks" --seed "$seed" \
        --max-examples "${EXAMPLES:-20}" --phases examples,coverage,fuzzing --workers 1 --request-timeout 20 \
        --generation-database none --no-color "$@" || failed=1
}

explore "another agency's system" 1 --header "Authorization: Bearer $token" --header "hearth-purpose: data_exchange" --header "hearth-reason: a test"

explore "a ministry that uses single stages" 4 --header "Authorization: Bearer $ministry" --include-path-regex '^/api/stages/'

# A session: the way through the demo's sign-in, with its cookies.
session_of() {
    local jar=$folder/cookies-$1
    curl -sfL -c "$jar" -b "$jar" -o /dev/null "$address/sign-in/go?hint=$1&next=/"
    awk '$6 == "hearth_session" { print $7 }' "$jar"
}
session=$(session_of caseworker)
finance=$(session_of finance)
[ -n "$session" ] && [ -n "$finance" ] || { echo "the officials could not sign in" >&2; exit 1; }
explore "a finance officer" 5 --header "Cookie: hearth_session=$finance" --header "hearth-reason: a test" \
    --include-path-regex '^/api/(runs|bank-messages|ledger)'
explore "a caseworker" 2 --header "Cookie: hearth_session=$session" --header "hearth-purpose: casework" --header "hearth-reason: a test"

# Once more with things that exist, so that more than 404 is answered.
ask() { curl -sf -b "hearth_session=$session" -H "hearth-purpose: casework" -H "hearth-reason: a test" "$@"; }
first() { grep -oE "$1[0-9a-f-]{36}" | head -1 | grep -oE '[0-9a-f-]{36}$'; }
found=$(for name in 서연 지우 하은 민서 수빈 지민 민준 서준 도윤 지훈; do
    curl -sf -b "hearth_session=$session" --data-urlencode "q=$name" -d purpose=casework -d "reason=a test" "$address/official/search"
done | grep -oE 'households/[0-9a-f-]{36}' | sort -u | cut -d/ -f2)
for household in $found; do
    offer=$(ask "$address/api/households/$household/offers" | first '"id":"') && break
done
[ -n "${household:-}" ] || { echo "the caseworker finds nobody" >&2; exit 1; }
person=$(ask "$address/api/households/$household" | first '"person":[{]"id":"')
event=$(ask "$address/api/households/$household/events" | first '"id":"') || event=$household
work=$(ask "$address/api/worklist?scope=office&limit=1") || work=
case=$(grep -oE '"case":"[0-9a-f-]{36}' <<<"$work" | cut -d'"' -f4) || case=$household
task=$(grep -oE '"task":"[0-9a-f-]{36}' <<<"$work" | cut -d'"' -f4) || task=$household
cat >"$folder/schemathesis.toml" <<CONFIG
[[operations]]
include-path-regex = "^/api/persons/"
parameters = { "path.id" = "$person" }
[[operations]]
include-path-regex = "^/api/households/"
parameters = { "path.id" = "$household" }
[[operations]]
include-path-regex = "^/api/offers/"
parameters = { "path.id" = "${offer:-$household}" }
[[operations]]
include-path-regex = "^/api/events/"
parameters = { "path.id" = "$event" }
[[operations]]
include-path-regex = "^/api/cases/"
parameters = { "path.id" = "$case" }
[[operations]]
include-path-regex = "^/api/tasks/"
parameters = { "path.id" = "$task" }
[[operations]]
include-path-regex = "^/api/programmes/"
parameters = { "path.id" = "first_meeting" }
[[operations]]
include-path-regex = "^/api/parameters/"
parameters = { "path.id" = "median_income" }
CONFIG
run=("$SCHEMATHESIS" --config-file "$folder/schemathesis.toml")
explore "a caseworker who knows whom" 3 --header "Cookie: hearth_session=$session" --header "hearth-purpose: casework" \
    --header "hearth-reason: a test" --include-path-regex '\{id\}'

if grep -E ' (ERROR|panicked)' "$folder/server.log" | head -20; then
    echo "the server told of faults while it was asked" >&2
    failed=1
fi
exit "$failed"
