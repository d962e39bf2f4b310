#!/bin/sh
# stubd, as built; its cache has its default size unless it is to hold more than 65,536 entries.
. "${0%/*}/_lib.sh"
STUBD=$BUILD/stubd

upstream()
{
	case $B_PROTO in
	udp) url="dns://$1:53" at="$1:53" ca= ;;
	dot) url="tls://$2" at="$1:853" ca=", \"ca_file\": \"$B_CA\"" ;;
	doh) url="https://$2/dns-query" at="$1:443" ca=", \"ca_file\": \"$B_CA\"" ;;
	esac
	echo "$sep{ \"name\": \"$2\", \"url\": \"$url\", \"addresses\": [ \"$at\" ]$ca }"
	sep=,
}

name()
{
	echo "$sep\"$2\""
	sep=,
}

case $1 in
caps) echo udp tcp dot doh cache local many validate browser prewarm ;;
version) "$STUBD" -V ;;
run)
	sep=
	[ "$B_PROTO" = udp ] && privacy=opportunistic || privacy=encrypted
	[ "$B_CACHE" -gt 65536 ] && size=64M || size=16M
	doh="[]"
	[ "$B_PREWARM" ] && prewarm=true || prewarm=false
	[ "$B_DOH" ] && doh="[ \"$B_LISTEN:443\" ]"
	mkdir state
	cat >stubd.json <<-END
	{
		"listen": [ "$B_LISTEN:$B_PORT" ],
		"privacy": "$privacy",
		"on_miss": [ "providers" ],
		"dnssec": "$B_DNSSEC",
		"providers": {
			"catalogue": "$BUILD/providers.brief.json",
			"choose": [ $(each name) ],
			"strategy": "ordered",
			"prewarm": $prewarm,
			"custom": [ $(each upstream) ]
		},
		"engine": { "root_hints": null, "trust_anchors": "$B_ANCHOR" },
		"cache": { "size": "$size" },
		"doh": { "listen": $doh, "certificate": "$B_CERT", "key": "$B_KEY" },
		"control": "$B_DIR/control.sock",
		"state": "$B_DIR/state"
	}
	END
	exec $B_WRAP "$STUBD" -c stubd.json ;;
esac
