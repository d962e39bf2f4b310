#!/bin/sh
# dnsdist: packet cache, outgoing connections pipelined (maxInFlight).
. "${0%/*}/_lib.sh"

upstream()
{
	case $B_PROTO in
	udp) more= ;;
	dot) more=", tls=\"openssl\", maxInFlight=1000" ;;
	doh) more=", tls=\"openssl\", dohPath=\"/dns-query\"" ;;
	esac
	[ "$more" ] && more="$more, subjectName=\"$2\", validateCertificates=true, caStore=\"$B_CA\""
	echo "newServer({address=\"$1:$(port)\", checkName=\"ns.bench.\"$more})"
}

case $1 in
caps) command -v dnsdist >/dev/null && echo udp tcp dot doh cache many browser ;;
version) dnsdist --version | head -n 1 ;;
run)
	{
		echo 'setSecurityPollSuffix("")'
		echo "setLocal(\"$B_LISTEN:$B_PORT\")"
		echo 'setACL("127.0.0.0/8")'
		echo 'setMaxUDPOutstanding(65535)'
		[ "$B_DOH" ] && echo "addDOHLocal(\"$B_LISTEN:443\", \"$B_CERT\", \"$B_KEY\", \"/dns-query\")"
		each upstream
		[ "$B_CACHE" = 0 ] || echo "getPool(\"\"):setCache(newPacketCache($B_CACHE))"
	} >dnsdist.conf
	exec $B_WRAP dnsdist --supervised -C dnsdist.conf ;;
esac
