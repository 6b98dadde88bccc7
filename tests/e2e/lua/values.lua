-- Values of all sizes and kinds.
local function test(t)
	local say = t.say
	local function stored(name, value)
		con:set(name, value, function(set)
			collectgarbage()
			con:get(name, function(got)
				collectgarbage()
				say(name, set.code, got.code, got.data == tostring(value), got.data and #got.data)
			end)
		end)
	end
	local bytes = {}
	for i = 0, 255 do
		bytes[#bytes + 1] = string.char(i)
	end
	bytes = table.concat(bytes)
	stored("empty", "")
	stored("number", 1.5)
	stored("zero", 0)
	stored("binary", bytes)
	stored("end", "END\r\nVALUE end 0 1\r\nx\r\nEND\r\n")
	for _, size in ipairs({ 1, 2047, 2048, 2049, 65535, 65536, 65537, 1000000, 3145728 }) do
		stored("size" .. size, bytes:rep(math.ceil(size / 256)):sub(1, size))
	end
	-- Locks and markers of pages, which the test has put there.
	con:get("lock", function(got)
		say("lock", got)
	end)
	con:get({ "marker", "page" }, function(got)
		say("marker", got.marker.code, "page", got.page.code, got.page.flags)
	end)
	-- After all of these, and after what they have asked for in turn.
	con:get("k", function()
		con:get("k", function()
			con:set("large", bytes:rep(36 * 1024), function(large)
				say("too large", large)
				con:get("large", function(got)
					say("not there", got)
					con:append("size3145728", bytes:rep(28 * 1024), function(append)
						say("grown too large", append.code ~= 1)
						t.finish()
					end)
				end)
			end)
		end)
	end)
end
