#!/bin/sh
# dnsmasq: plain upstreams only; told to cache HTTPS records too.
. "${0%/*}/_lib.sh"

upstream()
{
	echo "server=$1"
}

case $1 in
caps) command -v dnsmasq >/dev/null && echo udp tcp cache local many ;;
version) dnsmasq --version | head -n 1 ;;
run)
	{
		cat <<-END
		user=root
		no-resolv
		no-hosts
		no-poll
		bind-interfaces
		listen-address=$B_LISTEN
		port=$B_PORT
		cache-size=$B_CACHE
		cache-rr=HTTPS
		dns-forward-max=2000
		pid-file=
		END
		each upstream
	} >dnsmasq.conf
	exec $B_WRAP dnsmasq -k -C dnsmasq.conf ;;
esac
