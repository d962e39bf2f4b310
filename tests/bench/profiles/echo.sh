#!/bin/sh
# The floor (../echo.c): what the kernel takes for a query over UDP.
. "${0%/*}/_lib.sh"

case $1 in
caps) echo udp cache ;;
version) echo 'recvmmsg echo, the floor' ;;
run) exec $B_WRAP "$BUILD/bench-echo" "$B_LISTEN" "$B_PORT" ;;
esac
