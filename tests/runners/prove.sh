#!/bin/sh
# Takes one real host from bare to proven and back against the mock NAS, which runs on this machine:
#   prove.sh INVENTORY ADDRESS
# The inventory has the group ups_clients; ADDRESS is this machine's, where the host reaches the mock. Needs
# ansible-playbook with the collections that galaxy.yml names. Called by .github/workflows/platforms.yml.
set -eu
inventory=$1 address=$2
cd "$(dirname "$0")/../.."
export PYTHONPATH="$PWD/tests/doubles/nas" ANSIBLE_CONFIG="$PWD/ansible.cfg" ANSIBLE_FORCE_COLOR=1
work=$(mktemp -d)
python3 -m upsd_sim serve --control "$work/control" --permit "$address" >"$work/mock.log" 2>&1 &
mock=$!
trap 'kill $mock; cat "$work/mock.log"; rm -rf "$work"' EXIT

mock_nas() {
    python3 -m upsd_sim ctl --control "$work/control" "$@"
}

playbook() {
    book=$1
    shift
    ansible-playbook -i "$inventory" "playbooks/$book.yml" -e "ups_host=$address" -e "ups_report_file=$work/report.json" "$@"
}

# unchanged BOOK: another run of it changes nothing.
unchanged() {
    playbook "$1" | tee "$work/again.log"
    grep -q 'changed=0 .*failed=0 ' "$work/again.log"
    ! grep -qE '(changed|failed|unreachable)=[1-9]' "$work/again.log"
}

for _ in 1 2 3 4 5 6 7 8 9 10; do
    mock_nas show >/dev/null 2>&1 && break
    sleep 1
done
playbook site --check --diff
playbook site --diff
unchanged site
mock_nas show
mock_nas deny "$address"
if playbook audit; then
    echo "a host that the NAS does not permit counts as protected" >&2
    exit 1
fi
mock_nas permit "$address"
playbook remove
unchanged remove
