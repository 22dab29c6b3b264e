-- Who asks, when it is not a step: the same claimant again, a newer try of it, an outdated one?
local function older(a, b)
  for i = 1, math.min(#a, #b) do
    if string.byte(a, i) ~= string.byte(b, i) then
      return string.byte(a, i) < string.byte(b, i)
    end
  end
  return #a < #b
end

local function replay(record)
  record.lease = tonumber(lease)
  renew(id, record)
  local places = held_places(record)
  local items = call('HMGET', CLAIMED, unpack(fields(id, places)))
  save()
  return { 'claimed', record.generation, record.takeovers, table.concat(places, ' '), items }
end

-- Items that have now been delivered too often die here, like those that come back.
local function bury_spent(record, last_owner)
  local places, spent = held_places(record), {}
  local items = call('HMGET', CLAIMED, unpack(fields(id, places)))
  for i, place in ipairs(places) do
    local parts = items[i] and parse(items[i])
    if parts and parts.deliveries + record.takeovers + 1 >= max_deliveries then
      spent[#spent + 1] = place
    end
  end
  if #spent > 0 then
    give_back(id, record, spent, { letter = 'd', failed = 0, reason = '"taken over"',
      owner = last_owner, max_deliveries = max_deliveries })
  end
end

-- Fenced before anything dies of it: were all of it to die, the older try must find it lost, too.
local function take_over(record)
  local last_owner = record.owner
  record.generation, record.incarnation, record.owner = next_generation(), incarnation, owner
  if max_deliveries > 0 then
    bury_spent(record, last_owner)
  end
  if record.held == 0 then
    return nil
  end
  record.takeovers, record.since = record.takeovers + 1, now_ms
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

-- Returns the answer, or nil to go on and claim.
local function settle_with_the_past(live)
  local ended = ended_claim(id)
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
