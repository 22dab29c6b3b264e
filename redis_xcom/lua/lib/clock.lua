-- Queue time: the server's clock in ms, made monotonic, with a memory of the silences in it.
-- Kept in `state`:
--   seen   queue time of the last call
--   ahead  ms by which queue time runs ahead of a server clock that was set back
--   gaps   "end:length ..." newest first: steps in which a jump of the clock and a silence
--          look the same
-- ARGV[1] is the time in microseconds; empty, as always outside tests, for the server's own.
local SHORTEST_GAP = 500 -- half the shortest lease

-- Whole numbers as text: exact beyond the fourteen digits that `..` writes, and a tenth of its
-- cost or that of a number handed to a command.
local function digits(number)
  return string.format('%d', number)
end

local wall
if ARGV[1] == '' then
  local time = call('TIME')
  wall = time[1] * 1000000 + time[2]
else
  wall = tonumber(ARGV[1])
end

local stored = call('HMGET', STATE, 'seen', 'ahead', 'gaps', 'generation', 'paused', 'delivered',
  'acked', 'max_claimed')
local ahead, gaps = tonumber(stored[2]) or 0, stored[3] or ''
local paused, max_claimed = stored[5] == '1', tonumber(stored[8])
local now = math.floor(wall / 1000) + ahead
local step = now - (tonumber(stored[1]) or now)
if step < 0 then
  now, ahead = now - step, ahead - step
elseif step > SHORTEST_GAP then
  -- A gap matters only to leases shorter than twice its length, and to those for a third of
  -- their length: each one kept is longer than all that came after it, so there are few.
  local kept = { now .. ':' .. step }
  for ended, length in string.gmatch(gaps, '(%d+):(%d+)') do
    if tonumber(length) > step and now < ended + length * 2 / 3 then
      kept[#kept + 1] = ended .. ':' .. length
    end
  end
  gaps = table.concat(kept, ' ')
end
local now_ms = digits(now)

-- Grows with every hand-over. It follows the clock, so it also grows over a lost keyspace
-- or a failover that forgot the last few.
local generation = stored[4] or '0'
local function next_generation()
  generation = digits(math.max(generation + 1, wall + ahead * 1000))
  return generation
end

-- The two totals that every step raises travel with the clock.
local delivered, acked = tonumber(stored[6]) or 0, tonumber(stored[7]) or 0

local function save()
  call('HSET', STATE, 'seen', now_ms, 'generation', generation, 'delivered', digits(delivered),
    'acked', digits(acked))
  if step < 0 or step > SHORTEST_GAP then
    call('HSET', STATE, 'gaps', gaps, 'ahead', ahead)
  end
end

local function count(total, amount)
  if amount > 0 then
    call('HINCRBY', STATE, total, digits(amount))
  end
end
