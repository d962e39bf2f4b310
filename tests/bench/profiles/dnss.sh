#!/bin/sh
# dnss: a small Go DNS-to-DoH proxy with a cache; one upstream.
. "${0%/*}/_lib.sh"

case $1 in
caps) command -v dnss >/dev/null && echo doh cache ;;
version) dpkg-query -W -f 'dnss ${Version}\n' dnss ;;
run)
	exec $B_WRAP dnss -enable_dns_to_https -dns_listen_addr "$B_LISTEN:$B_PORT" \
		-https_upstream "https://${B_NAMES%% *}/dns-query" -https_client_cafile "$B_CA" \
		-fallback_upstream "${B_UPSTREAMS%% *}:53" -enable_cache=true ;;
esac
