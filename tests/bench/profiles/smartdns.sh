#!/bin/sh
# smartdns: speed checks and dual-stack selection off; its DoH is
# HTTP/1.1 only, which the upstream here does not speak.
. "${0%/*}/_lib.sh"

upstream()
{
	case $B_PROTO in
	udp) echo "server $1" ;;
	dot) echo "server-tls $1 -host-name $2 -tls-host-verify $2" ;;
	esac
}

case $1 in
caps) command -v smartdns >/dev/null && echo udp tcp dot cache many ;;
version) smartdns -v ;;
run)
	{
		cat <<-END
		user root
		bind $B_LISTEN:$B_PORT
		bind-tcp $B_LISTEN:$B_PORT
		cache-size $B_CACHE
		cache-persist no
		speed-check-mode none
		response-mode fastest-response
		dualstack-ip-selection no
		prefetch-domain no
		log-level error
		log-file $B_DIR/smartdns.log
		ca-file $B_CA
		END
		each upstream
	} >smartdns.conf
	exec $B_WRAP smartdns -f -c "$B_DIR/smartdns.conf" -p - ;;
esac
