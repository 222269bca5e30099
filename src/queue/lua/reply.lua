-- What goes back to the customer: the reply stream, read by the daemons in
-- the group "intaked", and what became of each reply, kept with its ticket in
-- "out": "<state> <attempts> <when> <reason>".

local REPLY_GROUP = 'intaked'
local over = {sent = true, failed = true, suppressed = true}

local function read_out(key, id)
	local v = call('HGET', key, id) or 'queued'
	local state, attempts, reason = v:match('^(%S+) (%d+) %d+ ?(.*)')
	return state or v, tonumber(attempts or '0'), reason
end

local function write_out(key, id, state, attempts, now, reason)
	call('HSET', key, id, state .. ' ' .. int(attempts) .. ' ' .. int(now) .. ' ' .. (reason or ''))
end

local function drop_reply(base, entry)
	call('XACK', base .. 'replies', REPLY_GROUP, entry)
	call('XDEL', base .. 'replies', entry)
end

local function wake_deferred(base, now)
	local later = base .. 'later'
	for _, text in ipairs(call('ZRANGEBYSCORE', later, '-inf', int(now), 'LIMIT', 0, 100)) do
		call('XADD', base .. 'replies', '*', unpack(cjson.decode(text)))
		call('ZREM', later, text)
	end
end

-- {entry, fields, record of the ticket}
local function taken(base, list, entries)
	for _, e in ipairs(entries) do
		if e and e[2] then
			local f = as_table(e[2])
			list[#list + 1] = {e[1], e[2], f.ticket and ticket_record(base, f.ticket) or false}
		end
	end
end

local function intake_reply_take(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {consumer = 's!', count = 'n!', lease = 'n!', now = 'n'})
	local stream, list = base .. 'replies', {}
	expect(stream, 'stream')
	expect(base .. 'later', 'zset')
	wake_deferred(base, now_ms(a))
	make_group(stream, REPLY_GROUP)
	taken(base, list, call('XAUTOCLAIM', stream, REPLY_GROUP, a.consumer, int(a.lease), '0-0',
	    'COUNT', a.count)[2])
	if #list < a.count then
		local r = call('XREADGROUP', 'GROUP', REPLY_GROUP, a.consumer, 'COUNT', a.count - #list,
		    'STREAMS', stream, '>')
		if r then taken(base, list, r[1][2]) end
	end
	return list
end

-- Before the message goes out.  'go': send it.  'unsure': it was begun before
-- and nobody knows whether it went.  'over': nothing is left to do.
local function intake_reply_begin(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {ticket = 's!', id = 's!', entry = 's!', now = 'n'})
	local out = ticket_key(base, a.ticket) .. ':out'
	expect(out, 'hash')
	local state, attempts, reason = read_out(out, a.id)
	if over[state] then
		drop_reply(base, a.entry)
		return {'over', state}
	end
	write_out(out, a.id, 'sending', attempts + 1, now_ms(a))
	-- Deferred as "unsure": the attempt ended, and nobody knows how.
	local unsure = state == 'sending' or reason == 'unsure'
	return {unsure and 'unsure' or 'go', int(attempts + 1)}
end

local function defer_reply(base, a)
	local e = call('XRANGE', base .. 'replies', a.entry, a.entry)
	if e[1] then call('ZADD', base .. 'later', int(a['until']), cjson.encode(e[1][2])) end
end

-- After it: sent, failed, suppressed (with a reason), or deferred until.
local function intake_reply_end(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {ticket = 's!', id = 's!', entry = 's!', state = 's!', reason = 's',
	    ['until'] = 'n', own = 'l', session = 's', chat = 's', now = 'n',
	    thread_ms = 'n', chat_ms = 'n'})
	local key, now = ticket_key(base, a.ticket), now_ms(a)
	local out = key .. ':out'
	expect(out, 'hash')
	expect(base .. 'later', 'zset')
	if a.session then expect(base .. 'chat:' .. a.session, 'stream') end
	if #a.own > 0 and not a.thread_ms then bad('thread_ms is missing') end
	if not over[a.state] and not (a.state == 'deferred' and a['until']) then
		bad('state must be sent, failed, suppressed, or deferred with until')
	end
	local state, attempts = read_out(out, a.id)
	if over[state] then
		drop_reply(base, a.entry)
		return {'known', state}
	end
	if a.state == 'deferred' then defer_reply(base, a) end
	if a.state == 'sent' then
		local had = mget(base .. 'thread:', a.own)
		for i, k in ipairs(a.own) do
			claim_thread(base .. 'thread:' .. k, had[i], a.ticket, a.thread_ms)
		end
		if a.session and a.chat then add_chat(base, a.session, a.chat, a.chat_ms) end
	end
	write_audit(base, 'ticket', a.ticket, 'event', a.id,
	    'type', 'reply.' .. a.state, 'text', a.reason or '')
	write_out(out, a.id, a.state, attempts, now, a.reason)
	drop_reply(base, a.entry)
	return {'done', a.state}
end

-- May this be sent?  One call counts for all windows, and only once for an
-- id, however often it is asked.
local function intake_guard(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {id = 's!', address = 's!', ticket = 's!', now = 'n',
	    address_hour = 'n!', address_day = 'n!', ticket_hour = 'n!', ticket_day = 'n!',
	    all_minute = 'n!'})
	local now = now_ms(a)
	local minute, hour, day = 60000, 3600000, 86400000
	local windows = {
		{'address:' .. a.address, hour, a.address_hour, 'address-hour'},
		{'address:' .. a.address, day, a.address_day, 'address-day'},
		{'ticket:' .. a.ticket, hour, a.ticket_hour, 'ticket-hour'},
		{'ticket:' .. a.ticket, day, a.ticket_day, 'ticket-day'},
		{'all', minute, a.all_minute, 'all-minute'},
	}
	for _, w in ipairs(windows) do
		w[1] = base .. 'guard:' .. w[1]
		expect(w[1], 'zset')
	end
	if call('ZSCORE', windows[1][1], a.id) then return {'ok'} end
	for _, w in ipairs(windows) do
		local sent = call('ZCOUNT', w[1], '(' .. int(now - w[2]), '+inf')
		if sent >= w[3] then return {w[4]} end
	end
	for _, i in ipairs({5, 4, 2}) do
		local w = windows[i]
		call('ZREMRANGEBYSCORE', w[1], '-inf', int(now - w[2]))
		call('ZADD', w[1], int(now), a.id)
		expire(w[1], w[2])
	end
	return {'ok'}
end

redis.register_function('intake_reply_take', intake_reply_take)
redis.register_function('intake_reply_begin', intake_reply_begin)
redis.register_function('intake_reply_end', intake_reply_end)
redis.register_function('intake_guard', intake_guard)
