-- Ack what this claim id holds, forward the results, hand out the next items: one step.
-- include: keys clock records acking
--
-- ARGV  1 time   2 claim id   3 incarnation   4 generation this follows ('': unknown, 0: none)
--       5 '1' to ack that generation first   6 limit   7 lease ms   8 owner (JSON string)
--       9 max deliveries (0: no bound)   10... envelopes to forward
-- Returns  {'claimed', generation, takeovers, places or '', items}
--          {'empty', 1 paused or 2 as much is claimed as may be or 0,
--           ms until a lease in doubt is decided, until a delayed item is due,
--           until the next lease ends unless it is renewed}
--          {'again'}: all that was looked at stands behind others of its key
--          {'superseded', generation, owner} | {'lost'}
-- Safe to repeat: the same request finds the claim that it made, and hands it out again.
local id, incarnation, after, ack_first = ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'
local limit, lease, owner, max_deliveries = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])
local FIRST_FORWARD, BATCH, PAUSED, FULL = 10, '100', 1, 2

call('HLEN', CLAIMED)
check_forward()
local live = live_claim(id)
local delayed, turns = call('ZCARD', DELAYED), call('HLEN', TURNS)
local expired = call('ZRANGEBYSCORE', LEASES, '-inf', now_ms, 'WITHSCORES', 'LIMIT', '0', BATCH)
local stepping = live and ack_first and live.generation == after
  and live.incarnation == incarnation
-- include: handing

-- The new items have taken the first places, overwriting what was acked there.
local function let_go(first_place)
  local names = {}
  for place = first_place, live.count do
    names[#names + 1] = id .. '/' .. place
  end
  if #names > 0 then
    call('HDEL', CLAIMED, unpack(names))
  end
end

local function step_on(items)
  acked = acked + live.held
  forward(FIRST_FORWARD)
  let_go(#items + 1)
  return take(items)
end

-- Every claim but the everyday step, whose functions need not be made for it.
local function claim_anew()
  -- include: envelope memory endings turns returning reaping past choosing
  check_types()
  -- A removal comes first: it lets the rest of the script write on a full server.
  call('HDEL', STATE, '')
  local answer = not stepping and settle_with_the_past(live)
  if answer then
    return answer
  end
  local decided = reap(expired, id, max_deliveries)
  local due = promote()
  if stepping then
    pass_all_on(fields(id, held_places(live)))
  end
  local items, looked_at = next_items()
  if #items > 0 then
    return stepping and step_on(items) or take(items)
  elseif stepping then
    acked = acked + live.held
    forward(FIRST_FORWARD)
    let_go(1)
    mark(id, live, held_places(live), 'a')
    stepping = false
  end
  save()
  if looked_at > 0 then
    return { 'again' }
  end
  local why = paused and PAUSED or room() == 0 and FULL or 0
  return { 'empty', why, decided, due, next_lapse() }
end

-- The everyday step. Where an item has a key after all, all go back to where they were.
local function step_at_once()
  local items = call('LPOP', READY, limit) or {}
  if #items > 0 then
    next_generation()
    if hold(items, false) then
      return step_on(items)
    end
    for i = #items, 1, -1 do
      call('LPUSH', READY, items[i])
    end
  end
end

local plain = turns == 0 and delayed == 0 and not paused and not max_claimed
return stepping and plain and #expired == 0 and step_at_once() or claim_anew()
