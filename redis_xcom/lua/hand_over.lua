-- What a claim holds, or some places of it, goes to another claim id: one step, and no delivery.
-- include: keys clock
--
-- ARGV  1 time   2 claim id   3 generation   4 places ('': all still held)
--       5 claim id that is to hold them   6 its incarnation   7 lease ms   8 owner (JSON string)
--       9 max deliveries (0: no bound)
-- Returns  {'handed', generation of the new claim} | {'held', generation, owner}: that claim id
--          holds others | {'superseded', generation, owner} | {'lost'}
-- Safe to repeat: the claim that a hand-over makes says where it is from. A newer incarnation
-- that repeats it takes that claim over, as if it claimed.
local source, mine, asked = ARGV[2], ARGV[3], ARGV[4]
local id, incarnation, lease, owner = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local max_deliveries = tonumber(ARGV[9])
local FROM = '"from":"' .. mine .. '/' .. asked .. '",'
-- include: envelope memory records endings turns returning past

local function made_here(known)
  return known and string.sub(known.handed, 1, #FROM) == FROM
end

local function again(known, live)
  if older(incarnation, known.incarnation) then
    return { 'handed', string.match(known.handed, '"as":(%d+)') }
  elseif live and older(known.incarnation, incarnation) then
    take_over(known) -- of which all of it may die
  end
  return { 'handed', known.generation }
end

-- The places to hand over with their items; nil unless all of them are held.
local function chosen(record)
  local places = asked == '' and held_places(record) or asked_places(record, asked)
  for _, place in ipairs(places) do
    if outcome(record, place) ~= 'h' then
      return nil
    end
  end
  local items = #places > 0 and call('HMGET', CLAIMED, unpack(fields(source, places))) or { false }
  for _, item in ipairs(items) do
    if not item then
      return nil
    end
  end
  return places, items
end

-- They take the first places.
local function move(places, items)
  local pairs_ = {}
  for place, item in ipairs(items) do
    pairs_[2 * place - 1], pairs_[2 * place] = id .. '/' .. place, item
  end
  call('HDEL', CLAIMED, unpack(fields(source, places)))
  for from = 1, #pairs_, 1000 do
    call('HSET', CLAIMED, unpack(pairs_, from, math.min(from + 999, #pairs_)))
  end
end

local function hand_over(record)
  local places, items = chosen(record)
  if not places then
    return { 'lost' }
  end
  next_generation()
  move(places, items)
  mark(source, record, places, 't')
  renew(id, {
    generation = generation, after = '0', incarnation = incarnation, count = #items,
    held = #items, takeovers = record.takeovers, lease = lease, since = now_ms, outcomes = '',
    handed = FROM .. '"as":' .. generation .. ',', owner = owner,
  })
  return { 'handed', generation }
end

local function answer(record, live, ended)
  if made_here(live) or made_here(ended) then
    return again(made_here(live) and live or ended, made_here(live) and live)
  elseif live then
    return { 'held', live.generation, live.owner }
  elseif ended and older(incarnation, ended.incarnation) then
    return { 'superseded', ended.generation, ended.owner }
  end
  return record and record.generation == mine and hand_over(record) or { 'lost' }
end

call('HLEN', CLAIMED)
call('ZCARD', LEASES)
check_types()
local record, live, ended = live_claim(source), live_claim(id), ended_claim(id)
-- A removal comes first: it lets the rest of the script write on a full server.
call('HDEL', STATE, '')
local told = answer(record, live, ended)
save()
return told
