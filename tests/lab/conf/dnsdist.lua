-- beta: a load balancer (dnsdist) in front of a recursor of its own, with a filter.
setSecurityPollSuffix("")
setACL({ "0.0.0.0/0", "::/0" })
for _, address in ipairs({ "$v4", "[$v6]" }) do
	addLocal(address .. ":53")
	addTLSLocal(address .. ":853", "$pki/$name.pem", "$pki/$name.key")
	addDOHLocal(address .. ":443", "$pki/$name.pem", "$pki/$name.key", "/dns-query")
end
newServer({ address = "127.0.0.1:$core_port" }):setUp()

-- Every question goes to the record before anything else happens to it.
local ffi = require("ffi")
ffi.cdef([[
	struct lab_time { long seconds; long microseconds; };
	int gettimeofday(struct lab_time *, void *);
]])
local out = io.open("$record/$name.jsonl", "a")
out:setvbuf("line")

local function hex(pointer, size)
	return (ffi.string(pointer, size):gsub(".", function(c)
		return string.format("%02x", string.byte(c))
	end))
end

local function transport(dq)
	local port = ffi.C.dnsdist_ffi_dnsquestion_get_local_port(dq)
	if port == 443 then return "doh" end
	if port == 853 then return "dot" end
	return ffi.C.dnsdist_ffi_dnsquestion_get_tcp(dq) and "tcp" or "udp"
end

addAction(AllRule(), LuaFFIAction(function(dq)
	local now = ffi.new("struct lab_time")
	ffi.C.gettimeofday(now, nil)
	local address, size = ffi.new("const void *[1]"), ffi.new("size_t[1]")
	ffi.C.dnsdist_ffi_dnsquestion_get_remoteaddr(dq, address, size)
	out:write(string.format('{"t":%d.%06d,"address":"%s","transport":"%s","query":"%s"}\n',
		tonumber(now.seconds), tonumber(now.microseconds),
		hex(address[0], tonumber(size[0])), transport(dq),
		hex(ffi.C.dnsdist_ffi_dnsquestion_get_header(dq),
			ffi.C.dnsdist_ffi_dnsquestion_get_len(dq))))
	return DNSAction.None
end))
addAction("ads.example.com.", RCodeAction(DNSRCode.NXDOMAIN))
