-- A read-through cache: what takes long to make is made once a minute.
--
--     lua.handler ("/path/to/cache.lua", [], "127.0.0.1:11211");
local _, address = ...
local con = memcached.new(address)

local function make(path)
	return "made for " .. path .. " at " .. os.time() .. "\n"
end

local function stored(response)
	if response.code ~= memcached.OK then
		lighty.warning("not cached: " .. (response.error or response.code))
	end
end

actions = function(vr)
	local path = vr.req.uri.path
	-- Paths can be longer than keys, and hold other bytes.
	local key = "cache:" .. lighty.sha1(path)
	req = req or con:get(key, vr)
	if not req.response.code then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	-- An error is as good as a miss: the page does not depend on memcached.
	local page = req.response.data
	if not page then
		page = make(path)
		con:set(key, page, stored, 60)
	end
	if vr:handle_direct() then
		vr.resp.status = 200
		vr.resp.headers["Content-Type"] = "text/plain"
		vr.out:add(page)
	end
	return lighty.HANDLER_GO_ON
end
