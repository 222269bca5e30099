-- What routing workers call.  A worker names itself (consumer) and the kind
-- of workers it is one of (group): each group gets every entry once.

local CLAIM_IDLE_MS = 600000	-- an entry held that long without a word is up for others
local CLAIM_MAX = 5		-- deliveries, then it is dead
local RELEASED_IDLE_MS = 2592000000
local TICKET_MS = 31536000000	-- how long a closed ticket is kept, unless configured
local SCAN = 100

-- An entry that every group has acknowledged goes.
local function drop_entry(stream, entry)
	for _, g in ipairs(call('XINFO', 'GROUPS', stream)) do
		g = as_table(g)
		if id_less(g['last-delivered-id'], entry) then return end
		if #call('XPENDING', stream, g.name, entry, entry, 1) > 0 then return end
	end
	call('XDEL', stream, entry)
end

local function bury(base, lane, group, entry, reason)
	local stream = base .. 'queue:' .. lane
	local e = call('XRANGE', stream, entry, entry)
	if e[1] then
		call('XADD', base .. 'dead', '*', 'lane', lane, 'group', group, 'entry', entry,
		    'reason', reason, unpack(e[1][2]))
	end
	call('XACK', stream, group, entry)
	drop_entry(stream, entry)
end

-- One owner at a time: a worker gets the ticket if it is free, its own
-- already, or lost by the worker whose entry it takes over.
local function take_ticket(base, ticket, consumer, from)
	local key = ticket_key(base, ticket)
	local f = call('HMGET', key, 'status', 'owner')
	local status, owner = f[1] or '', f[2] or ''
	if not f[1] or status == 'closed' then return status, owner end
	if owner ~= '' and owner ~= consumer and owner ~= from then return status, owner end
	if owner ~= consumer or status == 'open' then
		if status == 'open' then status = 'in_progress' end
		touch_ticket(key, 'owner', consumer, 'status', status)
	end
	return status, consumer
end

local function give(base, list, lane, e, consumer, from, deliveries)
	local f = as_table(e[2])
	local status, owner = take_ticket(base, f.ticket or '', consumer, from)
	local out = {'lane', lane, 'entry', e[1], 'deliveries', int(deliveries),
	    'status', status, 'owner', owner}
	for _, v in ipairs(e[2]) do out[#out + 1] = v end
	list[#list + 1] = out
end

local function claim_stale(base, a, lane, list)
	local stream = base .. 'queue:' .. lane
	local max = a.max or tonumber(call('HGET', base .. 'settings', 'max_deliveries') or CLAIM_MAX)
	local idle = a.idle or CLAIM_IDLE_MS
	for _, p in ipairs(call('XPENDING', stream, a.group, 'IDLE', int(idle), '-', '+', SCAN)) do
		if #list >= a.count then return end
		if p[4] >= max then
			bury(base, lane, a.group, p[1], 'delivered ' .. int(p[4]) .. ' times')
		else
			local e = call('XCLAIM', stream, a.group, a.consumer, int(idle), p[1])[1]
			if e then give(base, list, lane, e, a.consumer, p[2], p[4] + 1) end
		end
	end
end

local function claim_new(base, a, lane, list)
	local stream = base .. 'queue:' .. lane
	local r = call('XREADGROUP', 'GROUP', a.group, a.consumer, 'COUNT', a.count - #list,
	    'STREAMS', stream, '>')
	if not r then return end
	for _, e in ipairs(r[1][2]) do give(base, list, lane, e, a.consumer, '', 1) end
end

-- The lanes asked for that exist, high priority first.
local function lanes(base, a)
	local known, departments, list = {}, a.department, {}
	for _, lane in ipairs(call('SMEMBERS', base .. 'queues')) do known[lane] = true end
	if #departments == 0 then
		local had = {}
		for lane in pairs(known) do
			local d = lane:match('^(.*):')
			if not had[d] then table.insert(departments, d) end
			had[d] = true
		end
		table.sort(departments)
	end
	for _, p in ipairs(#a.priority > 0 and a.priority or {'high', 'medium', 'low'}) do
		for _, d in ipairs(departments) do
			if known[d .. ':' .. p] then list[#list + 1] = d .. ':' .. p end
		end
	end
	return list
end

local function intake_claim(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {group = 's!', consumer = 's!', department = 'l', priority = 'l',
	    count = 'n', idle = 'n', max = 'n', now = 'n'})
	local list = {}
	a.count = a.count or 1
	expect(base .. 'dead', 'stream')
	for _, lane in ipairs(lanes(base, a)) do
		expect(base .. 'queue:' .. lane, 'stream')
		make_group(base .. 'queue:' .. lane, a.group)
		if #list < a.count then claim_stale(base, a, lane, list) end
		if #list < a.count then claim_new(base, a, lane, list) end
		if #list >= a.count then break end
	end
	return list
end

local function set_status(base, ticket, status, audit)
	local key = ticket_key(base, ticket)
	local old = call('HGET', key, 'status')
	if not old or old == status then return end
	if status == 'in_progress' then
		touch_ticket(key, 'status', status)
	else
		touch_ticket(key, 'status', status, 'owner', '')
	end
	if status == 'closed' then
		call('ZREM', base .. 'due', ticket)
		keep_ticket(key, call('HGET', base .. 'settings', 'ticket_ms') or TICKET_MS)
	end
	write_audit(base, 'ticket', ticket, 'type', 'status.' .. status, 'text', audit)
end

local statuses = {open = true, in_progress = true, closed = true}

-- The pending entry, or who has it instead.
local function held_entry(base, a)
	local stream = base .. 'queue:' .. a.lane
	if call('EXISTS', stream) == 0 then return nil, {'known'} end
	expect(stream, 'stream')
	make_group(stream, a.group)
	local p = call('XPENDING', stream, a.group, a.entry, a.entry, 1)[1]
	if not p then return nil, {'known'} end
	if p[2] ~= a.consumer then return nil, {'lost', p[2]} end
	local e = call('XRANGE', stream, a.entry, a.entry)[1]
	return e and as_table(e[2]) or {}
end

local function intake_done(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {group = 's!', consumer = 's!', lane = 's!', entry = 's!',
	    status = 's', now = 'n'})
	if a.status and not statuses[a.status] then bad('status must be open, in_progress or closed') end
	local fields, no = held_entry(base, a)
	if no then return no end
	if a.status and fields.ticket then
		set_status(base, fields.ticket, a.status, a.consumer)
	end
	call('XACK', base .. 'queue:' .. a.lane, a.group, a.entry)
	drop_entry(base .. 'queue:' .. a.lane, a.entry)
	return {'done'}
end

local function intake_release(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {group = 's!', consumer = 's!', lane = 's!', entry = 's!',
	    reason = 's', now = 'n'})
	local fields, no = held_entry(base, a)
	if no then return no end
	local key = ticket_key(base, fields.ticket or '')
	if call('HGET', key, 'owner') == a.consumer then
		local status = call('HGET', key, 'status')
		touch_ticket(key, 'owner', '', 'status', status == 'in_progress' and 'open' or status)
	end
	write_audit(base, 'ticket', fields.ticket or '', 'type', 'released',
	    'text', a.consumer .. ': ' .. (a.reason or ''))
	call('XCLAIM', base .. 'queue:' .. a.lane, a.group, 'released', 0, a.entry,
	    'IDLE', int(RELEASED_IDLE_MS), 'JUSTID')
	return {'done'}
end

-- What a worker said is a turn of the conversation; the daemon takes it into
-- the ticket's document with the next event.
local function add_turn(base, ticket, now, direction, who, text)
	local key = ticket_key(base, ticket)
	call('RPUSH', key .. ':turns', cjson.encode({at = int(now), direction = direction,
	    who = who, text = text}))
	call('PEXPIRE', key .. ':turns', math.max(call('PTTL', key), RELEASED_IDLE_MS))
end

-- nil: go on.  Each id is taken once per ticket.
local function take_once(base, a, what)
	local key = ticket_key(base, a.ticket)
	expect(key, 'hash')
	expect(key .. ':out', 'hash')
	expect(key .. ':turns', 'list')
	expect(base .. 'replies', 'stream')
	if call('EXISTS', key) == 0 then return {'none'} end
	if call('HSETNX', key .. ':out', a.id, what) == 0 then
		return {'known', (read_out(key .. ':out', a.id))}
	end
	local ttl = call('PTTL', key)
	if ttl > 0 then call('PEXPIRE', key .. ':out', ttl) end
end

local function intake_reply(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {ticket = 's!', id = 's!', text = 's!', author = 's!',
	    close = 'n', now = 'n'})
	if a.text == '' then bad('text is empty') end
	local no = take_once(base, a, 'queued')
	if no then return no end
	local now = now_ms(a)
	touch_ticket(ticket_key(base, a.ticket))
	add_turn(base, a.ticket, now, 'out', a.author, a.text)
	call('XADD', base .. 'replies', '*', 'ticket', a.ticket, 'id', a.id, 'kind', 'answer',
	    'text', a.text, 'author', a.author, 'at', int(now))
	if a.close == 1 then set_status(base, a.ticket, 'closed', a.author) end
	write_audit(base, 'ticket', a.ticket, 'event', a.id, 'type', 'reply.queued',
	    'text', a.author)
	tell(base, 'replies', 'replies')
	return {'done', a.id}
end

local function intake_note(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {ticket = 's!', id = 's!', text = 's!', author = 's!', now = 'n'})
	local no = take_once(base, a, 'note')
	if no then return no end
	local now = now_ms(a)
	touch_ticket(ticket_key(base, a.ticket))
	add_turn(base, a.ticket, now, 'note', a.author, a.text)
	return {'done', a.id}
end

local function intake_close(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {ticket = 's!', author = 's!', reason = 's', now = 'n'})
	local key = ticket_key(base, a.ticket)
	expect(key, 'hash')
	local status = call('HGET', key, 'status')
	if not status then return {'none'} end
	if status == 'closed' then return {'known'} end
	set_status(base, a.ticket, 'closed', a.author .. ': ' .. (a.reason or ''))
	return {'done'}
end

redis.register_function('intake_claim', intake_claim)
redis.register_function('intake_done', intake_done)
redis.register_function('intake_release', intake_release)
redis.register_function('intake_reply', intake_reply)
redis.register_function('intake_note', intake_note)
redis.register_function('intake_close', intake_close)
