-- Ack what this claim id holds, forward the results, hand out the next items: one step.
-- include: keys clock envelope memory records endings returning reaping acking
--
-- ARGV  1 time   2 claim id   3 incarnation   4 generation this follows ('': unknown, 0: none)
--       5 '1' to ack that generation first   6 limit   7 lease ms   8 owner (JSON string)
--       9 max deliveries (0: no bound)   10... envelopes to forward
-- Returns  {'claimed', generation, takeovers, places or '', items}
--          {'empty', ms until a lease in doubt is decided, ms until a delayed item is due, paused}
--          {'superseded', generation, owner} | {'lost'}
-- Safe to repeat: the same request finds the claim that it made, and hands it out again.
local id, incarnation, after, ack_first = ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'
local lease, owner, max_deliveries = ARGV[7], ARGV[8], tonumber(ARGV[9])
local FIRST_FORWARD = 10

call('HLEN', CLAIMED)
call('HLEN', RECENT)
check_forward()
local live = live_claim(id)
local delayed = call('ZCARD', DELAYED)
local expired = call('ZRANGEBYSCORE', LEASES, '-inf', now, 'WITHSCORES', 'LIMIT', 0, BATCH)
if delayed > 0 or #expired > 0 then
  local _, check_types = returning()
  check_types()
end
local stepping = live and ack_first and live.generation == after
  and live.incarnation == incarnation

-- Who asks, when it is not a step? Returns the answer, or nil to go on and claim.
local function settle_with_the_past()
  local _, held_places, fields, outcome, ended_claim = endings()
  local ended = ended_claim(id)

  local function older(a, b)
    for i = 1, math.min(#a, #b) do
      if string.byte(a, i) ~= string.byte(b, i) then
        return string.byte(a, i) < string.byte(b, i)
      end
    end
    return #a < #b
  end

  local function replay(record)
    renew(id, record)
    local places = held_places(record)
    local items = call('HMGET', CLAIMED, unpack(fields(id, places)))
    save()
    return { 'claimed', record.generation, record.takeovers, table.concat(places, ' '), items }
  end

  -- Items that have now been delivered too often die here, like those that come back.
  local function bury_spent(record, give_back)
    local places, spent = held_places(record), {}
    local items = call('HMGET', CLAIMED, unpack(fields(id, places)))
    for i, place in ipairs(places) do
      local parts = items[i] and parse(items[i])
      if parts and parts.deliveries + record.takeovers + 1 >= max_deliveries then
        spent[#spent + 1] = place
      end
    end
    if #spent > 0 then
      give_back(id, record, spent,
        { letter = 'd', failed = 0, reason = '"taken over"', max_deliveries = max_deliveries })
    end
  end

  local function take_over(record)
    local give_back, check_types = returning()
    check_types()
    if max_deliveries > 0 then
      bury_spent(record, give_back)
    end
    if record.held == 0 then
      return nil
    end
    record.generation, record.incarnation, record.owner = next_generation(), incarnation, owner
    record.takeovers, record.lease, record.since = record.takeovers + 1, tonumber(lease), now
    delivered = delivered + record.held
    return replay(record)
  end

  -- The request follows a claim that has ended: may it go on?
  local function follows(record)
    local expired_unacked = string.find(record.outcomes, 'x', 1, true)
    if after == record.generation then
      return not (ack_first and expired_unacked)
    end
    return after == record.after and expired_unacked
  end

  -- A removal comes first: it lets the rest of the script write on a full server.
  call('HDEL', STATE, '')
  local known = live or ended
  if known and older(incarnation, known.incarnation) then
    return { 'superseded', known.generation, known.owner }
  elseif live and older(live.incarnation, incarnation) then
    return take_over(live)
  elseif live then
    return (after == '' or live.after == after) and replay(live) or { 'lost' }
  elseif ended and after ~= '' and ended.incarnation == incarnation then
    return not follows(ended) and { 'lost' } or nil
  end
  return not ended and ack_first and { 'lost' } or nil
end

-- Returns the ms until the next delayed item is due, 0 when there is none.
local function promote()
  local due = call('ZRANGEBYSCORE', DELAYED, '-inf', now, 'LIMIT', 0, BATCH)
  if #due > 0 then
    call('ZREM', DELAYED, unpack(due))
    call('RPUSH', READY, unpack(due))
  end
  local next_due = call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')
  return next_due[2] and math.max(1, next_due[2] - now) or 0
end

-- What a foreign producer pushed becomes an item with an id of its own.
local function wrapped(value, place)
  return '{"xcom":"' .. now .. '-' .. generation .. '-' .. place .. '","payload":' .. value .. '}'
end

-- The new items take the places of those that were acked.
local function hold(items)
  local pairs_ = {}
  for place, item in ipairs(items) do
    if not string.find(item, '^{"xcom":"[^"\\]*"') then
      item = wrapped(item, place)
      items[place] = item
    end
    pairs_[2 * place - 1], pairs_[2 * place] = id .. '/' .. place, item
  end
  for from = 1, #pairs_, 1000 do
    call('HSET', CLAIMED, unpack(pairs_, from, math.min(from + 999, #pairs_)))
  end
end

local function let_go(first_place)
  local names = {}
  for place = first_place, live.count do
    names[#names + 1] = id .. '/' .. place
  end
  if #names > 0 then
    call('HDEL', CLAIMED, unpack(names))
  end
end

local function take(items)
  next_generation()
  hold(items)
  if stepping then
    let_go(#items + 1)
  end
  renew(id, {
    generation = generation, after = after == '' and '0' or after, incarnation = incarnation,
    count = #items, held = #items, takeovers = 0, lease = lease, since = now, outcomes = '',
    owner = owner,
  })
  delivered = delivered + #items
  save()
  return { 'claimed', generation, 0, '', items }
end

local function leave_empty(decided, due)
  if stepping then
    local mark, held_places = endings()
    let_go(1)
    mark(id, live, held_places(live), 'a')
  end
  save()
  return { 'empty', decided, due, paused and 1 or 0 }
end

if not stepping then
  local answer = settle_with_the_past()
  if answer then
    return answer
  end
end
local decided = #expired > 0 and reaping()(expired, id, max_deliveries) or 0
local due = delayed > 0 and promote() or 0
local items = call('LPOP', READY, paused and 0 or ARGV[6])
if stepping then
  acked = acked + live.held
  forward(FIRST_FORWARD)
end
if items and #items > 0 then
  return take(items)
end
return leave_empty(decided, due)
