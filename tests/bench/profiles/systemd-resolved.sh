#!/bin/sh
# systemd-resolved, run without systemd: as an unprivileged user that may bind
# low ports, with /run/systemd/resolve made here.  It always serves
# 127.0.0.53:53 and caches at most 4096 entries a scope.
# `make bench` unpacks it without installing it, since the package takes over
# /etc/resolv.conf.
. "${0%/*}/_lib.sh"
RESOLVED=$BUILD/../bench/systemd-resolved/lib/systemd/systemd-resolved

upstream()
{
	case $B_PROTO in
	udp) printf '%s ' "$1" ;;
	dot) printf '%s:853#%s ' "$1" "$2" ;;
	esac
}

case $1 in
caps) [ -x "$RESOLVED" ] && echo udp tcp dot cache local many ;;
version) "$RESOLVED" --version | head -n 1 ;;
run)
	case $B_PROTO in dot) tls=yes ;; *) tls=no ;; esac
	mkdir -p /run/systemd/resolve /run/systemd/netif /run/bench-etc
	chown nobody /run/systemd/resolve
	cat >resolved.conf <<-END
	[Resolve]
	DNS=$(each upstream)
	FallbackDNS=
	Domains=~.
	DNSSEC=no
	DNSOverTLS=$tls
	MulticastDNS=no
	LLMNR=no
	Cache=yes
	CacheFromLocalhost=yes
	DNSStubListener=yes
	ReadEtcHosts=no
	END
	mkdir -p /run/systemd/resolved.conf.d
	cp resolved.conf /run/systemd/resolved.conf.d/bench.conf
	export SSL_CERT_FILE="$B_CA"
	exec setpriv --reuid nobody --regid nogroup --clear-groups \
		--inh-caps +net_bind_service,+net_raw,+setpcap \
		--ambient-caps +net_bind_service,+net_raw,+setpcap $B_WRAP "$RESOLVED" ;;
esac
