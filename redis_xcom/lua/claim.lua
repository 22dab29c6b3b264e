-- Ack what this claim id holds, forward the results, hand out the next items: one step.
-- include: keys clock envelope records returning acking
--
-- ARGV  1 time   2 claim id   3 incarnation   4 generation this follows ('': unknown, 0: none)
--       5 '1' to ack that generation first   6 limit   7 lease ms   8 owner (JSON string)
--       9 max deliveries (0: no bound)   10... envelopes to forward
-- Returns  {'claimed', generation, takeovers, places or '', items}
--          {'empty', ms until a lease in doubt is decided, ms until a delayed item is due, paused}
--          {'superseded', generation, owner} | {'lost'}
-- Safe to repeat: the same request finds the claim that it made, and hands it out again.
local id, incarnation, after, ack_first = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local limit, lease, owner, max_deliveries =
  tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])
local BATCH = 100

call('LLEN', READY)
call('HLEN', CLAIMED)
call('ZCARD', DELAYED)
check_forward()
local expired = call('ZRANGEBYSCORE', LEASES, '-inf', int(now), 'WITHSCORES', 'LIMIT', 0, BATCH)
if #expired > 0 then
  check_dead_letters()
end
local live, ended = live_claim(id), ended_claim(id)
local just_acked
-- A removal comes first: it lets the rest of the script write on a full server.
call('HDEL', STATE, '')

local function older(a, b)
  for i = 1, math.min(#a, #b) do
    if string.byte(a, i) ~= string.byte(b, i) then
      return string.byte(a, i) < string.byte(b, i)
    end
  end
  return #a < #b
end

local function hand_out(record, places)
  local items = call('HMGET', CLAIMED, unpack(fields(id, places)))
  save_clock()
  return { 'claimed', int(record.generation), record.takeovers, table.concat(places, ' '), items }
end

local function replay(record)
  renew(id, record)
  return hand_out(record, held_places(record))
end

-- Items that have now been delivered too often die here, like those that come back.
local function bury_spent(record)
  local how = { letter = 'd', failed = 0, reason = '"taken over"', max_deliveries = max_deliveries }
  local names, spent = held_places(record), {}
  local items = call('HMGET', CLAIMED, unpack(fields(id, names)))
  for i, place in ipairs(names) do
    local parts = items[i] and parse(items[i])
    if parts and parts.deliveries + record.takeovers + 1 >= max_deliveries then
      spent[#spent + 1] = place
    end
  end
  if #spent > 0 then
    give_back(id, record, spent, how)
  end
end

local function take_over(record)
  check_dead_letters()
  if max_deliveries > 0 then
    bury_spent(record)
  end
  if record.held == 0 then
    return nil
  end
  record.generation = next_generation()
  record.incarnation, record.owner, record.since = incarnation, owner, int(now)
  record.takeovers, record.lease = record.takeovers + 1, lease
  count('delivered', record.held)
  return replay(record)
end

-- What becomes of an ended claim's request: nil to go on and claim.
local function refused(record)
  local expired_unacked = string.find(record.outcomes, 'x', 1, true)
  if after == record.generation then
    return ack_first and expired_unacked and 'lost' or nil
  end
  return not (after == record.after and expired_unacked) and 'lost' or nil
end

-- Who asks? Returns the answer, or nil to go on and claim.
local function settle_with_the_past()
  local known = live or ended
  if known and older(incarnation, known.incarnation) then
    return { 'superseded', int(known.generation), known.owner }
  elseif live and older(live.incarnation, incarnation) then
    return take_over(live)
  elseif live and ack_first and live.generation == after then
    just_acked = held_places(live)
    return acknowledge(id, just_acked, 10)
  elseif live then
    return (not after or live.after == after) and replay(live) or { 'lost' }
  elseif ended and after and ended.incarnation == incarnation then
    local why = refused(ended)
    return why and { why }
  end
  return not ended and ack_first and { 'lost' } or nil
end

-- Returns the ms after which the first lease in doubt is decided, 0 when none is.
local function reap()
  local how = { letter = 'x', failed = 0, delay = 0, reason = '"the lease ran out"',
    max_deliveries = max_deliveries }
  local budget, decided = BATCH, 0
  for i = 1, #expired, 2 do
    local record = expired[i] ~= id and live_claim(expired[i])
    local doubt = record and doubt_ms(tonumber(expired[i + 1]), record.lease) or 0
    if doubt > 0 then
      decided = decided == 0 and doubt or math.min(decided, doubt)
    elseif record and budget > 0 then
      budget = budget - record.held
      count('expired', record.held)
      give_back(expired[i], record, held_places(record), how)
    end
  end
  return decided
end

-- Returns the ms until the next delayed item is due, 0 when there is none.
local function promote()
  local due = call('ZRANGEBYSCORE', DELAYED, '-inf', int(now), 'LIMIT', 0, BATCH)
  if #due > 0 then
    call('ZREM', DELAYED, unpack(due))
    call('RPUSH', READY, unpack(due))
  end
  local next_due = call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')
  return next_due[2] and math.max(1, next_due[2] - now) or 0
end

local function take(items)
  local record = {
    generation = next_generation(), after = after or 0, incarnation = incarnation,
    count = #items, held = #items, takeovers = 0, lease = lease, since = int(now),
    outcomes = '', owner = owner,
  }
  local places = {}
  for place, item in ipairs(items) do
    items[place] = wrapped(item, 'f' .. int(generation) .. '-' .. place)
    places[2 * place - 1], places[2 * place] = id .. '/' .. place, items[place]
  end
  for from = 1, #places, 1000 do
    call('HSET', CLAIMED, unpack(places, from, math.min(from + 999, #places)))
  end
  renew(id, record)
  count('delivered', #items)
  save_clock()
  return { 'claimed', int(record.generation), 0, '', items }
end

local answer = settle_with_the_past()
if answer then
  return answer
end
local decided, due = reap(), promote()
local items = not paused and call('LPOP', READY, limit)
if items and #items > 0 then
  return take(items)
end
if just_acked then
  mark(id, live, just_acked, 'a')
end
save_clock()
return { 'empty', int(decided), int(due), paused and 1 or 0 }
