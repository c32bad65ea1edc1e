#!/usr/bin/env bash
# The first loan through the partner API, with curl. Needs bash, curl and python3 (to read JSON and to invent a person).
#   export PUHUI_URL=http://127.0.0.1:8000 PUHUI_CLIENT_ID=… PUHUI_CLIENT_SECRET=…
#   bash quickstart.sh
set -euo pipefail
API="${PUHUI_URL:-http://127.0.0.1:8000}/api/v1"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

json() { python3 -c 'import json,sys; one=json.load(sys.stdin)
for part in sys.argv[1].split("."): one = one[int(part)] if part.isdigit() else one[part]
print(one)' "$1"; }
key() { python3 -c 'import uuid; print(uuid.uuid4())'; }
get() { local path="$1"; shift
    curl -sS --fail-with-body -H "Authorization: Bearer $TOKEN" -H 'Accept-Language: en' "$@" "$API$path"; }
post() { curl -sS --fail-with-body -H "Authorization: Bearer $TOKEN" -H 'Accept-Language: en' \
    -H "Idempotency-Key: $(key)" -H 'Content-Type: application/json' -d "$2" "$API$1"; }

# 1. A token, for a quarter of an hour.
TOKEN=$(curl -sS --fail-with-body -u "$PUHUI_CLIENT_ID:$PUHUI_CLIENT_SECRET" \
    -d grant_type=client_credentials "$API/oauth/token" | json access_token)

# 2. An invented person. Some of them are declined; take another one then.
for attempt in $(seq 20); do
    person=$(cd "$here" && python3 -c 'import json,client,random; print(json.dumps(client.invent_person(random.randrange(10**9))))')
    phone=$(json phone <<<"$person")

    # 3. She proves her phone: the code goes to it, she gives it to you. Here the sandbox shows her phone.
    newest_code() { for _ in $(seq 100); do
        get /sandbox/messages -H "X-Sandbox-Phone: $phone" | python3 -c 'import json,re,sys
for one in json.load(sys.stdin)["items"]:
    if one["template"] == sys.argv[1]:
        print(re.findall(r"\b[0-9]{6}\b", one["text"])[0]); break
else:
    sys.exit(1)' "$1" && return; sleep 0.2; done; echo "no code arrived; is the worker running?" >&2; return 1; }
    post /customers/codes "{\"phone\":\"$phone\",\"language\":\"en\"}" >/dev/null
    code=$(newest_code code_sign_in)
    customer=$(post /customers "{\"phone\":\"$phone\",\"code\":\"$code\",\"language\":\"en\"}" | json id)
    echo "customer $customer"

    # 4. Consents under the texts in force, the credit report apart; then who she is.
    version=$(get /consent-texts | json version)
    post "/customers/$customer/consents" "{\"purposes\":[\"service\",\"identity\",\"automated_decision\",\"contact_service\",\"report_to_bureau\"],\"text_version\":\"$version\"}" >/dev/null
    post "/customers/$customer/credit-report-consent" "{\"text_version\":\"$version\"}" >/dev/null
    post "/customers/$customer/identity" "{\"name\":\"$(json name <<<"$person")\",\"number\":\"$(json number <<<"$person")\"}" >/dev/null

    # 5. The application, and the verdict a moment later.
    application=$(post "/customers/$customer/applications" '{"currency":"CNY","amount_minor":1000000,"purpose":"daily","months":6,"income_minor":1800000,"rent_minor":300000,"living_minor":250000,"other_instalments_minor":0,"other_lenders":0}' | json id)
    post "/applications/$application/submission" '{"truthful":true}' >/dev/null
    for _ in $(seq 150); do
        state=$(get "/applications/$application" | json state)
        [ "$state" = decided ] && break
        sleep 0.2
    done
    limit=$(get "/applications/$application" | json verdict.limit_minor)
    echo "verdict $(get "/applications/$application" | json verdict.verdict), limit $limit"
    [ "$limit" -ge 500000 ] && break
done

# 6. A binding quote, her account, the contract that she reads, the code that signs it.
quote=$(post "/customers/$customer/quotes" '{"amount_minor":500000,"currency":"CNY","months":6,"method":"equal_instalment"}' | json id)
post "/customers/$customer/bank-accounts" "{\"number\":\"$(json card <<<"$person")\",\"bank_name\":\"$(json bank <<<"$person")\"}" >/dev/null
sha256=$(get "/quotes/$quote/contract?language=en" | python3 -c 'import hashlib,sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
post "/quotes/$quote/codes" '' >/dev/null
code=$(newest_code code_sign_quote)
loan=$(post "/quotes/$quote/signature" "{\"code\":\"$code\",\"language\":\"en\",\"contract_sha256\":\"$sha256\"}" | json loan_id)
echo "loan $loan"

# 7. The money goes out; what she owes is the position, on any date.
for _ in $(seq 150); do
    state=$(get "/loans/$loan" | json state)
    [ "$state" = active ] && break
    sleep 0.2
done
echo "state $state, owes $(get "/loans/$loan/position" | json payoff_minor) fen"
