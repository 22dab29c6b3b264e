-- What time brings back: claims whose lease ran out, delayed items that are due.
local MOST_DOUBTS = 3

-- A claim that is found silent after a third silence is dead: a consumer that comes by once an
-- hour, and never for long enough to see a doubt decided, frees it all the same.
local function doubted_too_often(id, record, ended)
  local times, last = string.match(record.doubts, '^(%d+):(%d+)$')
  if last == ended then
    return false
  end
  times = (tonumber(times) or 0) + 1
  record.doubts = times .. ':' .. ended
  call('HSET', CLAIMS, id, write_record(record))
  return times >= MOST_DOUBTS
end

-- How long a claim past its deadline stays in doubt: when the last silence longer than half
-- its lease came after its last renewal, a live owner may have been unable to be seen, and
-- its next heartbeat is due within a third of the lease.
local function doubt_ms(id, deadline, record)
  for ended, length in string.gmatch(gaps, '(%d+):(%d+)') do
    if length * 2 > record.lease then
      local unheard = deadline - record.lease < tonumber(ended)
      local left = unheard and math.max(0, ended + math.floor(record.lease / 3) - now) or 0
      return left > 0 and not doubted_too_often(id, record, ended) and left or 0
    end
  end
  return 0
end

-- Gives back at most about a hundred items, and never those of `own`. Returns the ms after
-- which the first lease in doubt is decided, 0 when none is.
local function reap(expired, own, max_deliveries)
  local how = { letter = 'x', failed = 0, delay = 0, reason = '"the lease ran out"',
    max_deliveries = max_deliveries }
  local budget, decided = tonumber(BATCH), 0
  for i = 1, #expired, 2 do
    local id = expired[i]
    local record = id ~= own and live_claim(id)
    local doubt = record and doubt_ms(id, tonumber(expired[i + 1]), record) or 0
    if doubt > 0 then
      decided = decided == 0 and doubt or math.min(decided, doubt)
    elseif record and budget > 0 then
      budget = budget - record.held
      count('expired', record.held)
      give_back(id, record, held_places(record), how)
    end
  end
  return decided
end

-- Returns the ms until the next delayed item is due, 0 when there is none.
local function promote()
  local due = call('ZRANGEBYSCORE', DELAYED, '-inf', now_ms, 'LIMIT', 0, BATCH)
  if #due > 0 then
    call('ZREM', DELAYED, unpack(due))
    call('RPUSH', READY, unpack(due))
  end
  local next_due = call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')
  return next_due[2] and math.max(1, next_due[2] - now) or 0
end

-- Returns the ms until the next lease ends, 0 when there is none.
local function next_lapse()
  local following =
    call('ZRANGEBYSCORE', LEASES, '(' .. now_ms, '+inf', 'WITHSCORES', 'LIMIT', '0', '1')
  return following[2] and following[2] - now or 0
end
