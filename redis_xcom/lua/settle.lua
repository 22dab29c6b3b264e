-- Ack, release or reject what is held under one generation of a claim: all of it, or some places.
-- include: keys clock envelope memory records endings turns returning acking
--
-- ARGV  1 time   2 claim id   3 generation   4 letter: a ack, r release, d reject
--       5 places ('': all, '*': whatever is left)   6 delay ms   7 '1': a failure   8 reason (JSON string)
--       9 max deliveries (0: no bound)   10... envelopes to forward (with an ack)
-- Returns  {done, already done so by this claim, lost}: how many items of each
local id, mine, letter = ARGV[2], ARGV[3], ARGV[4]
local FIRST_FORWARD = 10

call('HLEN', CLAIMED)
call('ZCARD', LEASES)
check_types()
check_forward()
local live, ended = live_claim(id), ended_claim(id)

local function sort_out(record)
  local held, already, other, expired = {}, 0, 0, 0
  for _, place in ipairs(asked_places(record, ARGV[5])) do
    local was = outcome(record, place)
    if was == 'h' then
      held[#held + 1] = place
    elseif was == letter then
      already = already + 1
    else
      other = other + 1
      expired = expired + (was == 'x' and 1 or 0)
    end
  end
  -- Where no place is named only what is left is meant, whatever its holder did with the rest: of
  -- `all` there must be something, or another has settled what its holder takes for its own.
  local left = ARGV[5] == '*' or ARGV[5] == '' and #held + already > 0
  local lost = left and expired or other
  return held, already, lost
end

local function ack(record, places)
  local names = fields(id, places)
  pass_all_on(names)
  call('HDEL', CLAIMED, unpack(names))
  mark(id, record, places, 'a')
  acked = acked + #places
  forward(FIRST_FORWARD)
end

local function put_back(record, places)
  give_back(id, record, places, {
    letter = letter, rejected = letter == 'd', delay = tonumber(ARGV[6]),
    failed = tonumber(ARGV[7]), reason = ARGV[8], max_deliveries = tonumber(ARGV[9]),
  })
  count(letter == 'd' and 'rejected' or 'released', #places)
end

-- A removal comes first: it lets the rest of the script write on a full server.
call('HDEL', STATE, '')
local record = live and live.generation == mine and live or ended
if not record or record.generation ~= mine then
  -- A step that acked this generation whole put the next one in its place.
  local stepped = live and live.after == mine and letter == 'a'
  save()
  return { 0, stepped and 1 or 0, stepped and 0 or 1 }
end
local held, already, lost = sort_out(record)
if lost > 0 then
  held = {} -- refused whole
elseif #held > 0 and letter == 'a' then
  ack(record, held)
elseif #held > 0 then
  put_back(record, held)
end
save()
return { #held, already, lost }
