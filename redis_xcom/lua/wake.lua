-- Whether a watcher is to call somebody to work now; two of one name call once. Takes nothing.
-- include: keys clock looking
--
-- ARGV  1 time   2 watcher   3 token of this question   4 ms between two calls
--       5 how many claimants shall be at work at once   6 items that are worth one of them
-- Returns  {1 call or 0 do not, and as `outlook` does}
-- Safe to repeat: the same token gets the same answer.
local SAVED_MS, ASKED_MS = 10000, 300000
local watcher, token, every = 'watcher/' .. ARGV[2], ARGV[3], tonumber(ARGV[4])
local workers, per = tonumber(ARGV[5]), tonumber(ARGV[6])

local seen = look(nil)
local available = seen.ready + seen.due
if seen.room >= 0 then
  available = math.min(available, seen.room)
end
local last, by = string.match(call('HGET', STATE, watcher) or '', '^(%d+) (.*)$')

-- Somebody may well be asked about and be alive, or be dead and have been asked about already.
local function rested()
  local sure = available + call('ZCOUNT', LEASES, '-inf', now_ms) > 0
  return not last or now - last >= math.max(every, sure and 0 or ASKED_MS)
end

local function wanted()
  local items = math.ceil(available / per)
  return paused and 0 or math.min(workers, math.max(items, math.min(seen.silent, 1)))
end

local calls = by == token or rested() and seen.claims - seen.silent < wanted()
-- A watched queue is never left alone for long: that a lease in it ran out is sure at once.
if calls or step > SAVED_MS then
  -- A removal comes first: it lets the rest of the script write on a full server.
  call('HDEL', STATE, '')
  save()
end
if calls and by ~= token then
  call('HSET', STATE, watcher, now_ms .. ' ' .. token)
end
return { calls and 1 or 0, unpack(told(seen)) }
