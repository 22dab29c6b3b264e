-- How the places of a claim end. Live claims stand in `claims`, ended ones for a while in `recent`.
-- '' for a place that the claim never had.
local function outcome(record, place)
  if #record.outcomes > 1 or place < 1 or place > record.count then
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

-- The places named in a request; without any ('' or '*'), all that there are.
local function asked_places(record, asked)
  local places = {}
  if not string.find(asked, '%d') then
    for place = 1, record.count do
      places[place] = place
    end
  end
  for place in string.gmatch(asked, '%d+') do
    places[#places + 1] = tonumber(place)
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

local function ended_claim(id)
  local text = call('HGET', RECENT, 'claim/' .. id)
  return text and read_record(string.match(text, '^%d+ (.*)$'))
end

local function letters(record, places, letter)
  local all = {}
  for place = 1, record.count do
    all[place] = outcome(record, place)
  end
  for _, place in ipairs(places) do
    all[place] = letter
  end
  return table.concat(all)
end

-- Marks places as ended; the claim ends with its last place.
local function mark(id, record, places, letter)
  record.outcomes = #places == record.count and letter or letters(record, places, letter)
  record.held = record.held - #places
  if record.held > 0 then
    call('HSET', CLAIMS, id, write_record(record))
    return
  end
  call('HDEL', CLAIMS, id)
  call('ZREM', LEASES, id)
  remember('claim/' .. id, write_record(record))
end
