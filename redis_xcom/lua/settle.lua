-- Ack, release or reject what is held under one generation of a claim: all of it, or some places.
-- include: keys clock envelope records returning acking
--
-- ARGV  1 time   2 claim id   3 generation   4 letter: a ack, r release, d reject
--       5 places ('': all)   6 delay ms   7 '1': a failure   8 reason (JSON string)
--       9 max deliveries (0: no bound)   10... envelopes to forward (with an ack)
-- Returns  {done, already done so by this claim, lost}: how many items of each
local id, mine, letter = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local how = { letter = letter, rejected = letter == 'd', delay = tonumber(ARGV[6]), failed = tonumber(ARGV[7]),
  reason = ARGV[8], max_deliveries = tonumber(ARGV[9]) }
local TOTALS = { a = 'acked', r = 'released', d = 'rejected' }

call('LLEN', READY)
call('HLEN', CLAIMED)
call('ZCARD', DELAYED)
call('ZCARD', LEASES)
check_dead_letters()
check_forward()
local live, ended = live_claim(id), ended_claim(id)
call('HDEL', STATE, '')

local function asked_places(record)
  if ARGV[5] == '' then
    local all = {}
    for place = 1, record.count do
      all[place] = place
    end
    return all
  end
  local places = {}
  for place in string.gmatch(ARGV[5], '%d+') do
    places[#places + 1] = tonumber(place)
  end
  return places
end

local function sort_out(record)
  local held, already, other = {}, 0, 0
  for _, place in ipairs(asked_places(record)) do
    local was = outcome(record, place)
    if was == 'h' then
      held[#held + 1] = place
    elseif was == letter then
      already = already + 1
    else
      other = other + 1
    end
  end
  -- Where no place is named only what is left is meant, whatever became of the rest.
  local lost = (ARGV[5] ~= '' or #held + already == 0) and other or 0
  return held, already, lost
end

local record = live and live.generation == mine and live or ended
if not record or record.generation ~= mine then
  -- A step that acked this generation whole put the next one in its place.
  local stepped = live and live.after == mine and letter == 'a'
  save_clock()
  return { 0, stepped and 1 or 0, stepped and 0 or 1 }
end
local held, already, lost = sort_out(record)
if #held > 0 then
  if letter == 'a' then
    acknowledge(id, held, 10)
    mark(id, record, held, 'a')
  else
    give_back(id, record, held, how)
    count(TOTALS[letter], #held)
  end
end
save_clock()
return { #held, already, lost }
