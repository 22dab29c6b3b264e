-- Queue time: the server's clock in ms, made monotonic, with a memory of the silences in it.
-- Kept in `state`:
--   seen   queue time of the last call
--   ahead  ms by which queue time runs ahead of a server clock that was set back
--   gaps   "end:length ..." newest first: steps in which a jump of the clock and a silence
--          look the same
-- ARGV[1] is the time in microseconds; empty, as always outside tests, for the server's own.
local SHORTEST_GAP = 500 -- half the shortest lease

local function int(number)
  return string.format('%.0f', number)
end

local function wall_us()
  if ARGV[1] ~= '' then
    return tonumber(ARGV[1])
  end
  local time = call('TIME')
  return time[1] * 1000000 + time[2]
end

-- A gap matters only to leases shorter than twice its length, and to those for a third of
-- their length: each one kept is longer than all that came after it, so there are few.
local function with_gap(gaps, now, length)
  local kept = { int(now) .. ':' .. int(length) }
  for ended, size in string.gmatch(gaps, '(%d+):(%d+)') do
    if tonumber(size) > length and now < ended + size * 2 / 3 then
      kept[#kept + 1] = ended .. ':' .. size
    end
  end
  return table.concat(kept, ' ')
end

local wall = wall_us()
local stored = call('HMGET', STATE, 'seen', 'ahead', 'gaps', 'generation', 'paused')
local ahead, gaps = tonumber(stored[2]) or 0, stored[3] or ''
local generation, paused = tonumber(stored[4]) or 0, stored[5] == '1'
local now = math.floor(wall / 1000) + ahead
local step = now - (tonumber(stored[1]) or now)
if step < 0 then
  now, ahead = now - step, ahead - step
elseif step > SHORTEST_GAP then
  gaps = with_gap(gaps, now, step)
end

-- How long a claim past its deadline stays in doubt: when the last silence longer than half
-- its lease came after its last renewal, a live owner may have been unable to be seen, and
-- its next heartbeat is due within a third of the lease.
local function doubt_ms(deadline, lease)
  for ended, size in string.gmatch(gaps, '(%d+):(%d+)') do
    if size * 2 > lease then
      local unheard = deadline - lease < tonumber(ended)
      return unheard and math.max(0, ended + math.floor(lease / 3) - now) or 0
    end
  end
  return 0
end

-- Grows with every hand-over. It follows the clock, so it also grows over a lost keyspace
-- or a failover that forgot the last few.
local function next_generation()
  generation = math.max(generation + 1, wall + ahead * 1000)
  return generation
end

local function save_clock()
  call('HSET', STATE, 'seen', int(now), 'ahead', int(ahead), 'gaps', gaps,
    'generation', int(generation))
end

local function count(total, amount)
  if amount > 0 then
    call('HINCRBY', STATE, total, amount)
  end
end
