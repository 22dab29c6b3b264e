-- The record of a claim, JSON with its fields in a fixed order.
--   after        generation that this claim id settled before this one, 0 at first
--   count, held  items handed out, items not settled yet
--   takeovers    times a newer incarnation took the claim over
--   outcomes     '' while all is held; one letter when all ended alike; else a letter a place:
--                h held, a acked, r released, d dead, x lease ran out
local RECORD = '^{"generation":(%d+),"after":(%d+),"incarnation":"([^"]*)","count":(%d+),'
  .. '"held":(%d+),"takeovers":(%d+),"lease":(%d+),"since":(%d+),"outcomes":"(%a*)","owner":(.*)}$'

local function read_record(text)
  local generation, after, incarnation, count, held, takeovers, lease, since, outcomes, owner =
    string.match(text or '', RECORD)
  return generation and {
    generation = tonumber(generation), after = tonumber(after), incarnation = incarnation,
    count = tonumber(count), held = tonumber(held), takeovers = tonumber(takeovers),
    lease = tonumber(lease), since = since, outcomes = outcomes, owner = owner,
  }
end

local function write_record(r)
  return '{"generation":' .. int(r.generation) .. ',"after":' .. int(r.after)
    .. ',"incarnation":"' .. r.incarnation .. '","count":' .. r.count .. ',"held":' .. r.held
    .. ',"takeovers":' .. r.takeovers .. ',"lease":' .. int(r.lease) .. ',"since":' .. r.since
    .. ',"outcomes":"' .. r.outcomes .. '","owner":' .. r.owner .. '}'
end

local function outcome(record, place)
  if #record.outcomes > 1 then
    return string.sub(record.outcomes, place, place)
  end
  return record.outcomes == '' and 'h' or record.outcomes
end

local function held_places(record)
  local places = {}
  for place = 1, record.count do
    if outcome(record, place) == 'h' then
      places[#places + 1] = place
    end
  end
  return places
end

local function fields(id, places)
  local names = {}
  for i, place in ipairs(places) do
    names[i] = id .. '/' .. place
  end
  return names
end

-- Live claims stand in `claims`, ended ones for a while in `recent`.
local function live_claim(id)
  return read_record(call('HGET', CLAIMS, id))
end

local function ended_claim(id)
  local text = call('HGET', RECENT, 'claim/' .. id)
  return text and read_record(string.match(text, '^%d+ (.*)$'))
end

local function renew(id, record)
  call('HSET', CLAIMS, id, write_record(record))
  call('ZADD', LEASES, int(now + record.lease), id)
end

local REMEMBERED_MS = 3600000

-- Forgets by sampling, as Redis expires keys: no second index, bounded work.
local function remember(field, value)
  call('HSET', RECENT, field, int(now) .. ' ' .. value)
  if call('HLEN', RECENT) <= 128 then
    return
  end
  local sample = call('HRANDFIELD', RECENT, 4, 'WITHVALUES')
  for i = 1, #sample, 2 do
    if tonumber(string.match(sample[i + 1], '^%d+')) < now - REMEMBERED_MS then
      call('HDEL', RECENT, sample[i])
    end
  end
end

local function end_claim(id, record)
  call('HDEL', CLAIMS, id)
  call('ZREM', LEASES, id)
  remember('claim/' .. id, write_record(record))
end

-- Marks places as ended; the claim ends with its last place.
local function mark(id, record, places, letter)
  record.held = record.held - #places
  if #places == record.count then
    record.outcomes = letter
  else
    local letters = {}
    for place = 1, record.count do
      letters[place] = outcome(record, place)
    end
    for _, place in ipairs(places) do
      letters[place] = letter
    end
    record.outcomes = table.concat(letters)
  end
  if record.held == 0 then
    end_claim(id, record)
  else
    call('HSET', CLAIMS, id, write_record(record))
  end
end
