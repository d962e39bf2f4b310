#!/bin/sh
# kresd: one process, no DoH upstreams; the cache is an LMDB file.
. "${0%/*}/_lib.sh"

upstream()
{
	case $B_PROTO in
	udp) echo "  '$1'," ;;
	dot) echo "  {'$1', hostname='$2', ca_file='$B_CA'}," ;;
	esac
}

case $1 in
caps) command -v kresd >/dev/null && echo udp tcp dot cache local many validate browser ;;
version) kresd --version ;;
run)
	case $B_PROTO in udp) how=STUB ;; dot) how=TLS_FORWARD ;; esac
	{
		echo "net.listen('$B_LISTEN', $B_PORT, { kind = 'dns' })"
		if [ "$B_DOH" ]; then
			echo "net.tls('$B_CERT', '$B_KEY')"
			echo "net.listen('$B_LISTEN', 443, { kind = 'doh2' })"
		fi
		echo "modules.unload('ta_update')"
		echo "modules.unload('ta_signal_query')"
		echo "modules.unload('priming')"
		echo "trust_anchors.remove('.')"
		[ "$B_DNSSEC" = validate ] && echo "trust_anchors.add('$(cat "$B_ANCHOR")')"
		echo "cache.size = $(( B_CACHE / 1000 + 10 )) * MB"
		echo "policy.add(policy.all(policy.$how({"
		each upstream
		echo "})))"
	} >kresd.conf
	exec $B_WRAP kresd -n -c kresd.conf "$B_DIR" ;;
esac
