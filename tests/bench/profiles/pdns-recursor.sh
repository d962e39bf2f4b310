#!/bin/sh
# PowerDNS Recursor: one worker; DoT to forwarders does not check certificates.
. "${0%/*}/_lib.sh"

upstream()
{
	printf '%s%s:%s' "$sep" "$1" "$(port)"
	sep=';'
}

case $1 in
caps) command -v pdns_recursor >/dev/null && echo udp tcp dot cache local many validate ;;
version) pdns_recursor --version 2>&1 | sed -n 's/.*\(PowerDNS Recursor [0-9.]*\).*/\1/p' ;;
run)
	sep=
	echo "addTA('.', \"$(sed 's/.*DS[[:space:]]*//' "$B_ANCHOR")\")" >anchor.lua
	cat >recursor.conf <<-END
	local-address=$B_LISTEN
	local-port=$B_PORT
	setuid=
	setgid=
	socket-dir=$B_DIR
	write-pid=no
	disable-syslog=yes
	loglevel=3
	quiet=yes
	security-poll-suffix=
	threads=1
	pdns-distributes-queries=no
	dnssec=$B_DNSSEC
	lua-config-file=$B_DIR/anchor.lua
	forward-zones-recurse=.=$(each upstream)
	dot-to-port-853=yes
	dont-query=
	max-cache-entries=$B_CACHE
	max-packetcache-entries=$B_CACHE
	max-mthreads=2048
	END
	exec $B_WRAP pdns_recursor --config-dir="$B_DIR" --daemon=no ;;
esac
