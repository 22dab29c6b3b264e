-- Items that leave a claim unfinished: back to the queue, later, or to the dead letters.
-- `how`: letter (see records), rejected, delay (ms), failed (0 or 1), reason (JSON string),
-- max_deliveries (0: no bound), owner (whose hands the items were in, if not the record's).
local function check_types()
  call('LLEN', READY)
  call('ZCARD', DELAYED)
  call('HLEN', RECENT)
  call('HLEN', DEAD)
  call('ZCARD', DIED)
  check_turns()
end

-- An id that is dead already gets a suffix: nothing overwrites a dead letter.
local function bury(id, item, reason, owner)
  while call('HEXISTS', DEAD, id) == 1 do
    id = id .. '~' .. next_generation()
  end
  call('HSET', DEAD, id, '{"reason":' .. reason .. ',"owner":' .. owner .. ',"at":' .. now
    .. ',"item":' .. item .. '}')
  call('ZADD', DIED, now, id)
  count('died', 1)
end

-- Two items of the same bytes would be one member of the set: the later one is renamed.
local function postpone(item, due)
  while call('ZADD', DELAYED, 'NX', due, item) == 0 do
    item = renamed(item, next_generation())
  end
end

-- Where one item goes; returned when that is the front of the queue.
local function give_back_item(item, place_id, record, how)
  local parts = parse(item)
    or { id = place_id, deliveries = 0, failures = 0, head = item, tail = '' }
  local deliveries = parts.deliveries + 1 + record.takeovers
  if parts.tail ~= '' then
    item = with_counts(parts, deliveries, parts.failures + how.failed)
  end
  if how.rejected then
    bury(parts.id, item, how.reason, record.owner)
    pass_on(item)
  elseif how.max_deliveries > 0 and deliveries >= how.max_deliveries then
    local reason = '"delivered ' .. deliveries .. ' times; last: ' .. string.sub(how.reason, 2)
    bury(parts.id, item, reason, how.owner or record.owner)
    pass_on(item)
  elseif how.delay > 0 then
    postpone(item, now + how.delay)
  elseif how.failed == 1 then
    call('RPUSH', READY, item)
  else
    return item
  end
end

local function give_back(id, record, places, how)
  local names = fields(id, places)
  local items = call('HMGET', CLAIMED, unpack(names))
  local front = {}
  for i, name in ipairs(names) do
    if items[i] then
      front[#front + 1] = give_back_item(items[i], name, record, how)
    end
  end
  for i = #front, 1, -1 do
    call('LPUSH', READY, front[i])
  end
  call('HDEL', CLAIMED, unpack(names))
  mark(id, record, places, how.letter)
end
