-- Give the item of a queue that ends by itself back: the next one who asks has it.
-- include: keys clock ending_together records
--
-- ARGV  1 time   2 claim id   3 incarnation   4 generation ('': whatever this try may settle)
--       5 reason (JSON string)
-- Returns  1 given back, by this request or by an earlier one; 0 it was not its to give
local id, incarnation, mine = ARGV[2], ARGV[3], ARGV[4]
-- include: envelope memory endings turns returning past

local function is_meant(record)
  if mine ~= '' then
    return record.generation == mine
  end
  return not older(incarnation, record.incarnation)
end

call('HLEN', CLAIMED)
call('ZCARD', LEASES)
check_types()
local live, ended = live_claim(id), ended_claim(id)
if not ends then
  return 0
end
-- A removal comes first: it lets the rest of the script write on a full server.
call('HDEL', STATE, '')
local given = not live and ended and is_meant(ended) and ended.outcomes == 'r'
if live and is_meant(live) then
  give_back(id, live, held_places(live), {
    letter = 'r', rejected = false, delay = 0, failed = 0, reason = ARGV[5], max_deliveries = 0,
  })
  count('released', 1)
  given = true
end
save()
end_together()
return given and 1 or 0
