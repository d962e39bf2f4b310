#!/bin/sh
# unbound: one thread; caches by size, about 256 B an RRset or a message.
. "${0%/*}/_lib.sh"

upstream()
{
	case $B_PROTO in
	udp) echo "    forward-addr: $1@53" ;;
	dot) echo "    forward-addr: $1@853#$2" ;;
	esac
}

case $1 in
caps) command -v unbound >/dev/null && echo udp tcp dot cache local many validate browser ;;
version) unbound -V | head -n 1 ;;
run)
	[ "$B_DNSSEC" = validate ] && modules="validator iterator" || modules=iterator
	mib=$(( B_CACHE / 2000 + 1 ))
	{
		cat <<-END
		server:
		    username: ""
		    chroot: ""
		    directory: "$B_DIR"
		    pidfile: ""
		    use-syslog: no
		    interface: $B_LISTEN@$B_PORT
		    num-threads: 1
		    module-config: "$modules"
		    trust-anchor-file: "$B_ANCHOR"
		    do-not-query-localhost: no
		    rrset-cache-size: $(( mib * 2 ))m
		    msg-cache-size: ${mib}m
		    tls-cert-bundle: "$B_CA"
		    outgoing-range: 4096
		    num-queries-per-thread: 2048
		    so-reuseport: no
		END
		if [ "$B_DOH" ]; then
			echo "    interface: $B_LISTEN@443"
			echo "    https-port: 443"
			echo "    tls-service-key: \"$B_KEY\""
			echo "    tls-service-pem: \"$B_CERT\""
		fi
		echo "remote-control:"
		echo "    control-enable: no"
		echo "forward-zone:"
		echo "    name: \".\""
		[ "$B_PROTO" = dot ] && echo "    forward-tls-upstream: yes"
		each upstream
	} >unbound.conf
	exec $B_WRAP unbound -d -c "$B_DIR/unbound.conf" ;;
esac
