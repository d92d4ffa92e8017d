#!/bin/sh
# Takes one real host from bare to proven and back against the mock NAS, which runs on this machine:
#   prove.sh INVENTORY ADDRESS [short | thorough]
# The inventory has the group ups_clients with this one host; ADDRESS is this machine's, where the host reaches the mock.
# thorough is for a Windows host that cannot hibernate. Needs ansible-playbook with the collections that galaxy.yml
# names. Called by .github/workflows/platforms.yml.
set -eu
inventory=$1 address=$2 extent=${3:-short}
cd "$(dirname "$0")/../.."
export ANSIBLE_CONFIG="$PWD/ansible.cfg" ANSIBLE_FORCE_COLOR=1
work=$(mktemp -d)
mock_path="$PWD/tests/doubles/nas:$PWD/.collections"
PYTHONPATH="$mock_path" python3 -m upsd_sim serve --control "$work/control" --permit "$address" >"$work/mock.log" 2>&1 &
mock=$!
trap 'kill $mock; cat "$work/mock.log"; rm -rf "$work"' EXIT

mock_nas() {
    PYTHONPATH="$mock_path" python3 -m upsd_sim ctl --control "$work/control" "$@"
}

playbook() {
    book=$1
    shift
    ansible-playbook -i "$inventory" "playbooks/$book.yml" -e "ups_host=$address" -e "ups_report_file=$work/report.json" "$@"
}

fail() {
    echo "$1" >&2
    exit 1
}

# unchanged BOOK [OPTION...]: another run of it changes nothing.
unchanged() {
    playbook "$@" | tee "$work/again.log"
    grep -q 'changed=0 .*failed=0 ' "$work/again.log"
    ! grep -qE '(changed|failed|unreachable)=[1-9]' "$work/again.log"
}

# reported EXPRESSION: what the last report says of the host, of which this Python expression must be true.
reported() {
    python3 -c 'import json, sys; (row,) = json.load(open(sys.argv[1]))["hosts"]; sys.exit(not eval(sys.argv[2]))' \
        "$work/report.json" "$1"
}

# Something holds nut.exe, as an Event Viewer does that shows its events. Whatever comes of the upgrade, one client runs
# whole, the old or the new; and the next run mends it.
upgrade_with_a_held_program() {
    ansible-playbook -i "$inventory" tests/runners/hold.yml -e held=true
    playbook site -e @tests/runners/newer.yml || echo "The upgrade failed, as it may while its program is held."
    playbook audit -e @tests/runners/newer.yml || true
    reported 'row["verdict"] in ("ok", "drifted")' || fail "neither the old client nor the new one runs whole"
    ansible-playbook -i "$inventory" tests/runners/hold.yml -e held=false
    playbook site -e @tests/runners/newer.yml
    reported 'row["verdict"] == "ok"' || fail "the second run did not mend the upgrade"
    unchanged site -e @tests/runners/newer.yml
}

hibernation_that_is_not_to_be_had() {
    if playbook site -e @tests/runners/newer.yml -e '{"nut_client_windows_shutdown": {"action": "hibernate"}}'; then
        fail "a host that cannot hibernate counts as protected by hibernating"
    fi
    reported '{"no_s4", "hibernation_off", "hiberfile_reduced"} & {one["code"] for one in row["drift_details"] + row["gaps"]}' ||
        fail "the report does not say that the host cannot hibernate"
    unchanged site -e @tests/runners/newer.yml
}

for _ in 1 2 3 4 5 6 7 8 9 10; do
    mock_nas show >/dev/null 2>&1 && break
    sleep 1
done
playbook site --check --diff
playbook site --diff
unchanged site
mock_nas show
if [ "$extent" = thorough ]; then
    upgrade_with_a_held_program
    hibernation_that_is_not_to_be_had
fi
mock_nas deny "$address"
if playbook audit; then
    fail "a host that the NAS does not permit counts as protected"
fi
mock_nas permit "$address"
playbook remove
unchanged remove
