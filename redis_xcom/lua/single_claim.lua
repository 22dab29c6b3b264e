-- Claim the item of a queue that ends by itself, or tell who has it.
-- include: keys clock ending_together records
--
-- ARGV  1 time   2 claim id   3 incarnation   4 lease ms ('': as long as the queue lasts)
--       5 owner (JSON string)
-- Returns  {'claimed', generation, takeovers, places or '', items}
--          {'taken', claim id and its record ('' where nobody is known to have it),
--           ms until its lease, which is over and in doubt, is decided}
--          {'superseded', generation, owner} | {'nothing'}: there is no such queue
-- Safe to repeat: the same request finds the claim that it made, and hands the item out again.
local FOREVER, BATCH = '3155760000000', '100'
local id, incarnation, owner, after, ack_first = ARGV[2], ARGV[3], ARGV[5], '', false
local lease = ARGV[4] ~= '' and ARGV[4] or FOREVER
local limit, max_deliveries, stepping = '1', 0, false
-- include: handing envelope memory endings turns returning reaping past choosing

local function taken(decided)
  local holder = call('HKEYS', CLAIMS)[1]
  save()
  return { 'taken', holder or '', holder and call('HGET', CLAIMS, holder) or '', decided }
end

local function claim_anew()
  local expired =
    call('ZRANGEBYSCORE', LEASES, '-inf', now_ms, 'WITHSCORES', 'LIMIT', '0', BATCH)
  local decided = reap(expired, id, max_deliveries)
  local items = next_items()
  return #items > 0 and take(items) or taken(decided)
end

call('HLEN', CLAIMED)
call('ZCARD', LEASES)
check_types()
local live = live_claim(id)
if not ends then
  return { 'nothing' }
end
-- A removal comes first: it lets the rest of the script write on a full server.
call('HDEL', STATE, '')
local answer = settle_with_the_past(live) or claim_anew()
end_together()
return answer
