#!/bin/sh
# Runs a test program beside a small private DNS tree: signs the zones, starts three NSD servers (of
# the root, of test. and of the leaves; one for all would leave the referrals out) on the loopback of
# a network namespace, and runs PROGRAM with AUTHORITIES set to the folder of root.hints,
# dual.hints and root.key. Everything is gone when it ends, however it ends. Usage: authorities.sh PROGRAM
set -eu
PATH=$PATH:/usr/sbin:/sbin

if [ -z "${AUTHORITIES-}" ]; then # the outer half
	AUTHORITIES=$(mktemp -d)
	export AUTHORITIES
	folder=$AUTHORITIES
	trap 'rm -rf "$folder"' EXIT
	# With a process namespace nothing can be left behind; without, the trap below sees to it.
	for how in '-Urnpf --mount-proc --kill-child' '-Urn' '-n'; do
		if unshare $how true 2>/dev/null; then
			unshare $how sh "$0" "$1" && exit 0 || exit $?
		fi
	done
	echo "skipped: most of $1 needs a network namespace (recursion asks port 53)"
	AUTHORITIES='' "$1" && exit 0 || exit $?
fi

program=$(realpath "$1")
root=$PWD
ip link set lo up
for address in 10.77.1.1 10.77.1.2 10.77.1.3 10.77.1.9 10.77.9.9; do
	ip address add $address/32 dev lo
done
ip route add default dev lo # a machine with IPv4 alone
cd "$AUTHORITIES"

soa() {
	echo "$1 3600 IN SOA ns.$1 hostmaster.test. 1 3600 600 86400 60"
}

# sign ZONE FILE: adds a key, leaves FILE.signed, and the zone's DS in FILE.ds
sign() {
	key=$(ldns-keygen -a ECDSAP256SHA256 -k "$1")
	ldns-key2ds -n -2 "$key.key" >"$2.ds"
	ldns-signzone -f "$2.signed" "$2" "$key"
}

# serve NAME ADDRESS [ZONE FILE]...
serve() {
	name=$1 address=$2
	shift 2
	mkdir "$name.d"
	{
		printf 'server:\n\tip-address: %s\n\tport: 53\n\tserver-count: 1\n' "$address"
		printf '\tusername: ""\n\tdatabase: ""\n\tzonesdir: "%s"\n' "$PWD"
		printf '\tpidfile: "%s/%s.pid"\n' "$PWD" "$name"
		printf '\txfrdfile: "%s/%s.d/xfrd"\n' "$PWD" "$name"
		printf '\txfrdir: "%s/%s.d"\n' "$PWD" "$name"
		printf '\tzonelistfile: "%s/%s.d/zones"\n' "$PWD" "$name"
		printf '\tminimal-responses: no\nremote-control:\n\tcontrol-enable: no\n'
		while [ $# -gt 0 ]; do
			printf 'zone:\n\tname: "%s"\n\tzonefile: "%s"\n' "$1" "$2"
			shift 2
		done
	} >"$name.conf"
	nsd -c "$PWD/$name.conf" 2>>nsd.log # comes back with its sockets bound
}

# leaf ZONE ADDRESS-OF-WWW: the records every leaf zone has
leaf() {
	soa "$1"
	echo "$1 3600 IN NS ns.$1"
	echo "ns.$1 3600 IN A 10.77.1.3"
	echo "www.$1 3600 IN A $2"
}

{
	leaf example.test. 192.0.2.1
	echo "alias.example.test. 3600 IN CNAME www.insecure.test."
	echo "inward.example.test. 3600 IN CNAME secret.silent.test."
	echo "old.example.test. 3600 IN DNAME silent.test."
	echo "*.wild.example.test. 3600 IN A 192.0.2.9"
	for i in $(seq 40); do
		printf 'big.example.test. 3600 IN TXT "%0150d"\n' "$i"
	done
	for i in $(seq 300); do
		echo "h$i.example.test. 3600 IN A 192.0.2.$((i % 250 + 1))"
	done
} >example
leaf insecure.test. 192.0.2.2 >insecure
leaf bogus.test. 192.0.2.3 >bogus
leaf twofold.test. 192.0.2.4 >twofold
sign example.test. example
sign bogus.test. bogus
sed -i '/^www/s/192\.0\.2\.3$/192.0.2.66/' bogus.signed

{
	soa test.
	echo "test. 3600 IN NS ns.test."
	echo "ns.test. 3600 IN A 10.77.1.2"
	for zone in example insecure bogus; do
		echo "$zone.test. 3600 IN NS ns.$zone.test."
		echo "ns.$zone.test. 3600 IN A 10.77.1.3"
	done
	# its server drops everything
	echo "silent.test. 3600 IN NS ns.silent.test."
	echo "ns.silent.test. 3600 IN A 10.77.1.9"
	# six of its seven servers are where no route leads to
	for i in 1 2 3 4 5 6; do
		echo "twofold.test. 3600 IN NS ns$i.twofold.test."
		echo "ns$i.twofold.test. 3600 IN AAAA 2001:db8::$i"
	done
	echo "twofold.test. 3600 IN NS ns.twofold.test."
	echo "ns.twofold.test. 3600 IN A 10.77.1.3"
	cat example.ds bogus.ds
} >"test"
sign test. test

{
	soa .
	echo ". 3600 IN NS ns.root-servers.test."
	echo "test. 3600 IN NS ns.test."
	echo "ns.test. 3600 IN A 10.77.1.2"
	cat test.ds
} | sed 's/ns\.\. hostmaster/ns.root-servers.test. hostmaster/' >root
echo "ns.root-servers.test. 3600 IN A 10.77.1.1" >>root
sign . root
cp root.ds root.key
printf '. 3600 IN NS ns.root-servers.test.\nns.root-servers.test. 3600 IN A 10.77.1.1\n' >root.hints
{
	cat root.hints
	for i in 1 2 3 4 5 6 7 8 9; do
		echo "ns.root-servers.test. 3600 IN AAAA 2001:db8:1::$i"
	done
} >dual.hints

trap 'kill $(cat "$AUTHORITIES"/*.pid) 2>/dev/null || :' EXIT
serve root 10.77.1.1 . root.signed
serve test 10.77.1.2 test. test.signed
serve leaf 10.77.1.3 example.test. example.signed insecure.test. insecure \
	bogus.test. bogus.signed twofold.test. twofold

cd "$root"
"$program"
