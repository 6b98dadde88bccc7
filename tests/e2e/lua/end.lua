-- Is appended to every script of the tests, which defines test(t): it may say
-- lines, and finishes the page with the last of its callbacks.
actions = function(vr)
	if not t then
		t = { lines = {}, vr = vr, query = vr.req.uri.query }
		function t.say(...)
			local line = {}
			for i = 1, select("#", ...) do
				line[i] = show((select(i, ...)))
			end
			t.lines[#t.lines + 1] = table.concat(line, " ")
		end
		function t.finish()
			t.done = true
			-- Wakes the request.
			con:get("finish", vr)
		end
		test(t)
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if not t.done then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if vr:handle_direct() then
		vr.resp.status = 200
		vr.out:add(table.concat(t.lines, "\n"))
	end
	return lighty.HANDLER_GO_ON
end
