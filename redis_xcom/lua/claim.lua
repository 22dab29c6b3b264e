-- Ack what this claim id holds, forward the results, hand out the next items: one step.
-- include: keys clock records acking
--
-- ARGV  1 time   2 claim id   3 incarnation   4 generation this follows ('': unknown, 0: none)
--       5 '1' to ack that generation first   6 limit   7 lease ms   8 owner (JSON string)
--       9 max deliveries (0: no bound)   10... envelopes to forward
-- Returns  {'claimed', generation, takeovers, places or '', items}
--          {'empty', paused, ms until a lease in doubt is decided, until a delayed item is due,
--           until the next lease ends unless it is renewed}
--          {'superseded', generation, owner} | {'lost'}
-- Safe to repeat: the same request finds the claim that it made, and hands it out again.
local id, incarnation, after, ack_first = ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'
local limit, lease, owner, max_deliveries = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])
local FIRST_FORWARD, BATCH = 10, '100'
-- include: handing

call('HLEN', CLAIMED)
check_forward()
local live = live_claim(id)
local delayed = call('ZCARD', DELAYED)
local expired = call('ZRANGEBYSCORE', LEASES, '-inf', now_ms, 'WITHSCORES', 'LIMIT', '0', BATCH)
local stepping = live and ack_first and live.generation == after
  and live.incarnation == incarnation

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
  -- include: envelope memory endings returning reaping past
  check_types()
  -- A removal comes first: it lets the rest of the script write on a full server.
  call('HDEL', STATE, '')
  local answer = not stepping and settle_with_the_past(live)
  if answer then
    return answer
  end
  local decided = reap(expired, id, max_deliveries)
  local due = promote()
  local items = not paused and call('LPOP', READY, limit) or {}
  if #items > 0 then
    return stepping and step_on(items) or take(items)
  elseif stepping then
    acked = acked + live.held
    forward(FIRST_FORWARD)
    let_go(1)
    mark(id, live, held_places(live), 'a')
  end
  save()
  return { 'empty', paused and 1 or 0, decided, due, next_lapse() }
end

if stepping and not paused and delayed == 0 and #expired == 0 then
  local items = call('LPOP', READY, limit)
  if items and #items > 0 then
    return step_on(items)
  end
end
return claim_anew()
