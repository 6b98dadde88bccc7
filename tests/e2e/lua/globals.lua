-- Which variables last how long: those of the chunk, global ones of the chunk and of a
-- request, fields of _G.
local count = 0
local module = memcached
of_chunk = "set"
actions = function(vr)
	count = count + 1
	local before = of_request
	of_request = "set"
	_G.of_state = (_G.of_state or 0) + 1
	if vr:handle_direct() then
		vr.resp.status = 200
		vr.out:add(string.format(
			"local %d, of the chunk %s, of the request %s then %s, of the state %d, memcached %s",
			count,
			tostring(of_chunk),
			tostring(before),
			tostring(of_request),
			of_state,
			memcached == module and "the same" or "another"
		))
	end
	memcached = nil
	return lighty.HANDLER_GO_ON
end
