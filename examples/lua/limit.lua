-- At most ten requests a minute from one address; more get status 429.
--
--     lua.handler ("/path/to/limit.lua", [], "127.0.0.1:11211");
local _, address = ...
local con = memcached.new(address)
local MOST = 10

actions = function(vr)
	if not key then
		-- IPv6 addresses and ports have only bytes that keys may have.
		local client = vr.con.remote:gsub(":%d+$", "")
		key = "limit:" .. client .. ":" .. math.floor(os.time() / 60)
		step, req = "count", con:incr(key, vr)
	end
	while true do
		local code = req.response.code
		if not code then
			return lighty.HANDLER_WAIT_FOR_EVENT
		elseif step == "count" and code == memcached.NOT_FOUND then
			-- The first one begins to count.
			step, req = "begin", con:add(key, 1, vr, 120)
		elseif step == "begin" and code == memcached.NOT_STORED then
			-- Another was faster.
			step, req = "again", con:incr(key, vr)
		else
			break
		end
	end
	-- No number: it was the first, or memcached is not there. Then nobody is
	-- kept out.
	if (req.response.data or 1) > MOST and vr:handle_direct() then
		vr.resp.status = 429
		vr.resp.headers["Retry-After"] = tostring(60 - os.time() % 60)
		vr.out:add("too many requests\n")
	end
	return lighty.HANDLER_GO_ON
end
