-- gamma: a recursor (knot-resolver).
net.ipv4 = true
net.ipv6 = true
for _, address in ipairs({ '$v4', '$v6' }) do
	net.listen(address, 53, { kind = 'dns' })
	net.listen(address, 853, { kind = 'tls' })
	net.listen(address, 443, { kind = 'doh2' })
end
net.tls('$pki/$name.pem', '$pki/$name.key')
net.outgoing_v4('$v4')
net.outgoing_v6('$v6')
cache.open(64 * MB, 'lmdb://$dir/cache')
modules = { 'hints > iterate' }
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('detect_time_skew')
hints.root_file('$state/root.hints')
trust_anchors.remove('.')
trust_anchors.add_file('$state/root.anchor', true)

-- Every question goes to the record before anything else happens to it.
local ffi = require('ffi')
local out = io.open('$record/$name.jsonl', 'a')
out:setvbuf('line')

local function transport(source)
	local flags = source.flags
	if flags.http then return 'doh' end
	if flags.tls then return 'dot' end
	return flags.tcp and 'tcp' or 'udp'
end

local function hex(pointer, size)
	return (ffi.string(pointer, size):gsub('.', function(c)
		return string.format('%02x', string.byte(c))
	end))
end

policy.add(function(req)
	local source = req.qsource
	if source.addr == nil then return nil end               -- its own question
	local now = ffi.new('struct timeval')
	ffi.C.gettimeofday(now, nil)
	out:write(string.format('{"t":%d.%06d,"address":"%s","transport":"%s","query":"%s"}\n',
		tonumber(now.tv_sec), tonumber(now.tv_usec),
		hex(ffi.C.kr_inaddr(source.addr), ffi.C.kr_inaddr_len(source.addr)),
		transport(source), hex(source.packet.wire, source.packet.size)))
	return nil
end)
-- Documentation addresses have public reverse zones here.
policy.add(policy.suffix(policy.PASS, policy.todnames({ '2.0.192.in-addr.arpa.' })))
