-- For the operator: what lies where, trimming, and the dead.

local function group_stats(stream)
	local groups = {}
	for _, g in ipairs(call('XINFO', 'GROUPS', stream)) do
		g = as_table(g)
		groups[#groups + 1] = '{"name":' .. cjson.encode(g.name) .. ',"consumers":' ..
		    int(g.consumers) .. ',"pending":' .. int(g.pending) .. ',"lag":' ..
		    (g.lag and int(g.lag) or 'null') .. '}'
	end
	return '[' .. table.concat(groups, ',') .. ']'
end

local function stream_stats(base, name)
	local key = base .. name
	if call('EXISTS', key) == 0 then return '{"length":0,"groups":[]}' end
	expect(key, 'stream')
	local first = call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
	return '{"length":' .. int(call('XLEN', key)) .. ',"oldest_ms":' ..
	    (first and int(id_parts(first[1])) or 'null') .. ',"groups":' .. group_stats(key) .. '}'
end

local function intake_stats(keys, argv)
	local base = base_of(keys)
	local queues = {}
	read_args(argv, {})
	local known = call('SMEMBERS', base .. 'queues')
	table.sort(known)
	for _, lane in ipairs(known) do
		queues[#queues + 1] = cjson.encode(lane) .. ':' .. stream_stats(base, 'queue:' .. lane)
	end
	local due = call('ZRANGE', base .. 'due', 0, 0, 'WITHSCORES')
	return '{"partition":' .. cjson.encode(keys[1]) ..
	    ',"queues":{' .. table.concat(queues, ',') .. '}' ..
	    ',"waiting":' .. int(call('ZCARD', base .. 'due')) ..
	    ',"next_deadline_ms":' .. (due[2] and int(tonumber(due[2])) or 'null') ..
	    ',"replies":' .. stream_stats(base, 'replies') ..
	    ',"replies_deferred":' .. int(call('ZCARD', base .. 'later')) ..
	    ',"dead":' .. int(call('XLEN', base .. 'dead')) ..
	    ',"audit":' .. int(call('XLEN', base .. 'audit')) .. '}'
end

-- The lowest id that some group still needs; nil without a group.
local function needed(stream)
	local low
	for _, g in ipairs(call('XINFO', 'GROUPS', stream)) do
		g = as_table(g)
		local ms, seq = id_parts(g['last-delivered-id'])
		local first = int(ms) .. '-' .. int(seq + 1)
		local p = call('XPENDING', stream, g.name)
		if p[1] > 0 and id_less(p[2], first) then first = p[2] end
		if not low or id_less(first, low) then low = first end
	end
	return low
end

-- Acknowledged entries that no worker removed, never an unacknowledged one;
-- and what is old in the audit.  Entry ids are the server's time, so age is
-- told by the server's clock: another may be wrong and would empty it.
local function intake_trim(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {audit_ms = 'n'})
	local n = 0
	if a.audit_ms and call('TYPE', base .. 'audit').ok == 'stream' then
		call('XTRIM', base .. 'audit', 'MINID', int(math.max(server_ms() - a.audit_ms, 0)))
	end
	for _, lane in ipairs(call('SMEMBERS', base .. 'queues')) do
		local stream = base .. 'queue:' .. lane
		if call('TYPE', stream).ok == 'stream' then
			local low = needed(stream)
			if low then n = n + call('XTRIM', stream, 'MINID', low) end
		end
	end
	return n
end

-- A dead entry goes back to its lane, as a new entry with the same event id.
local function intake_revive(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {entry = 's!'})
	local e = call('XRANGE', base .. 'dead', a.entry, a.entry)[1]
	if not e then return {'none'} end
	local f = as_table(e[2])
	local stream = base .. 'queue:' .. f.lane
	expect(stream, 'stream')
	call('SADD', base .. 'queues', f.lane)
	local id = call('XADD', stream, '*', 'ticket', f.ticket, 'event', f.event, 'type', f.type,
	    'priority', f.priority, 'data', f.data)
	call('XDEL', base .. 'dead', a.entry)
	return {'done', id}
end

-- What the daemon's configuration says and workers need.
local function intake_configure(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {max_deliveries = 'n!', ticket_ms = 'n!'})
	expect(base .. 'settings', 'hash')
	call('HSET', base .. 'settings', 'max_deliveries', int(a.max_deliveries),
	    'ticket_ms', int(a.ticket_ms))
	return {'ok'}
end

redis.register_function('intake_configure', intake_configure)
redis.register_function{function_name = 'intake_stats', callback = intake_stats,
    flags = {'no-writes'}}
redis.register_function('intake_trim', intake_trim)
redis.register_function('intake_revive', intake_revive)
