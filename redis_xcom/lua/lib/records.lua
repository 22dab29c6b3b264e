-- The record of a live claim, JSON with its fields in a fixed order.
--   after        generation that this claim id settled before this one, 0 at first
--   count, held  items handed out, items not settled yet
--   takeovers    times a newer incarnation took the claim over
--   outcomes     '' while all is held; one letter when all ended alike; else a letter a place:
--                h held, a acked, r released, d dead, x lease ran out, t handed over
--   doubts       '' or "n:ended": after how many silences it was in doubt, the last one's end
--   from, as     only where another claim handed it over: "generation/places" as they were asked
--                for, and the generation that this claim got then
local RECORD = '^{"generation":(%d+),"after":(%d+),"incarnation":"([^"]*)","count":(%d+),'
  .. '"held":(%d+),"takeovers":(%d+),"lease":(%d+),"since":(%d+),"outcomes":"(%a*)",'
  .. '"doubts":"([%d:]*)",(.-)"owner":(.*)}$'

local function read_record(text)
  local generation, after, incarnation, all, held, takeovers, lease, since, outcomes, doubts,
    handed, owner = string.match(text or '', RECORD)
  return generation and {
    generation = generation, after = after, incarnation = incarnation,
    count = tonumber(all), held = tonumber(held), takeovers = tonumber(takeovers),
    lease = tonumber(lease), since = since, outcomes = outcomes, doubts = doubts,
    handed = handed, owner = owner,
  }
end

local function write_record(r)
  return '{"generation":' .. r.generation .. ',"after":' .. r.after .. ',"incarnation":"'
    .. r.incarnation .. '","count":' .. digits(r.count) .. ',"held":' .. digits(r.held)
    .. ',"takeovers":' .. digits(r.takeovers) .. ',"lease":' .. r.lease .. ',"since":' .. r.since .. ',"outcomes":"'
    .. r.outcomes .. '","doubts":"' .. r.doubts .. '",' .. r.handed .. '"owner":' .. r.owner .. '}'
end

local function live_claim(id)
  return read_record(call('HGET', CLAIMS, id))
end

-- Whoever renews is alive: no doubt is left.
local function renew(id, record)
  record.doubts = ''
  call('HSET', CLAIMS, id, write_record(record))
  call('ZADD', LEASES, digits(now + record.lease), id)
end
