-- Add items once: under a push id, or under the producer's own running number.
-- include: keys clock memory turns
--
-- ARGV  1 time   2 producer   3 its running number   4 push id ('': none)
--       5 ms to remember push and deduplication ids   6 delay ms   7 max length (0: no bound)
--       8 '1': each envelope follows its deduplication id   9 '1': some have an ordering key
--       10... envelopes
-- Returns  {'pushed', added, repeated} | {'full', waiting now}
-- A full server refuses the first write, and with it the whole push.
local producer, number, push_id = 'producer/' .. ARGV[2], tonumber(ARGV[3]), ARGV[4]
local delay, max_length, stride = tonumber(ARGV[6]), tonumber(ARGV[7]), 1 + tonumber(ARGV[8])
local keyed, FIRST = ARGV[9] == '1', 10

local function taken(member)
  local expiry = call('ZSCORE', PUSHES, member)
  return expiry and tonumber(expiry) > now
end

local function repeated()
  if push_id ~= '' then
    return taken('push/' .. push_id)
  end
  local last = call('HGET', RECENT, producer)
  return last and tonumber(string.match(last, '%d+$')) >= number
end

-- Splits what is new from what was pushed before, or stands twice in this very push.
local function sort_out()
  local new, ids, seen = {}, {}, {}
  for i = FIRST, #ARGV, stride do
    local member = stride == 2 and 'item/' .. ARGV[i]
    if not member then
      new[#new + 1] = ARGV[i]
    elseif not seen[member] and not taken(member) then
      seen[member], ids[#ids + 1], new[#new + 1] = true, member, ARGV[i + 1]
    end
  end
  return new, ids
end

-- Those whose turn it is, and those that stand behind others of their key.
local function in_line(items)
  local first, behind = {}, {}
  for _, item in ipairs(items) do
    local id, key = key_of(item)
    local place = (not key or has_turn(id, key)) and first or behind
    place[#place + 1] = item
  end
  return first, behind
end

local function enqueue(items)
  local first, behind = items, {}
  if keyed then
    first, behind = in_line(items)
  end
  for from = 1, #first, 1000 do
    call('RPUSH', READY, unpack(first, from, math.min(from + 999, #first)))
  end
  for _, item in ipairs(behind) do
    stand_behind(item)
  end
end

local function add(items)
  for i = 1, delay > 0 and #items or 0 do
    call('ZADD', DELAYED, now + delay, items[i])
  end
  if delay == 0 then
    enqueue(items)
  end
  count('pushed', #items)
end

local function remember_ids(ids)
  if push_id == '' then
    remember(producer, ARGV[3])
  else
    ids[#ids + 1] = 'push/' .. push_id
  end
  for _, member in ipairs(ids) do
    call('ZADD', PUSHES, now + ARGV[5], member)
  end
  if #ids == 0 then
    return
  end
  local stale = call('ZRANGEBYSCORE', PUSHES, '-inf', now, 'LIMIT', 0, 100)
  if #stale > 0 then
    call('ZREM', PUSHES, unpack(stale))
  end
end

local total = (#ARGV - FIRST + 1) / stride
if push_id ~= '' or stride == 2 then
  call('ZCARD', PUSHES)
end
if keyed then
  check_turns()
end
local waiting = call('LLEN', READY) + call('ZCARD', DELAYED) + call('ZCARD', WAITING)
if repeated() then
  -- A removal comes first: it lets the rest of the script write on a full server. And it does
  -- write: replicas confirm the last write of a connection, and this may be its first call.
  call('HDEL', STATE, '')
  save()
  return { 'pushed', 0, total }
end
local items, ids = sort_out()
if max_length > 0 and waiting + #items > max_length then
  return { 'full', waiting }
end
add(items)
remember_ids(ids)
save()
return { 'pushed', #items, total - #items }
