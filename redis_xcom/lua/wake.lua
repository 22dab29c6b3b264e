-- Whether a watcher is to call somebody to work now; two of one name call once. Takes nothing.
-- include: keys clock looking
--
-- ARGV  1 time   2 watcher   3 token of this question   4 ms between two calls
--       5 how many claimants shall be at work at once   6 items that are worth one of them
-- Returns  {1 call or 0 do not, and as `outlook` does}
-- Safe to repeat: the same token gets the same answer.
local SAVED_MS = 10000
local watcher, token, every = 'watcher/' .. ARGV[2], ARGV[3], tonumber(ARGV[4])
local workers, per = tonumber(ARGV[5]), tonumber(ARGV[6])

local seen = look(nil)
local last, by = string.match(call('HGET', STATE, watcher) or '', '^(%d+) (.*)$')

local function wanted()
  local available = seen.ready + seen.due
  local items = math.ceil((seen.room < 0 and available or math.min(available, seen.room)) / per)
  return paused and 0 or math.min(workers, math.max(items, math.min(seen.silent, 1)))
end

local rested = not last or now - last >= every
local calls = by == token or rested and seen.claims - seen.silent < wanted()
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
