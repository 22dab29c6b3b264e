-- Forget what waits; with ARGV[2] = '1' the dead letters too. What is claimed stays claimed.
-- include: keys clock turns
--
-- Returns  how many items are gone
local gone = call('LLEN', READY) + call('ZCARD', DELAYED) + call('ZCARD', WAITING)
local letters, turns = call('HLEN', DEAD), call('HLEN', TURNS)
call('ZCARD', DIED)
call('HLEN', CLAIMED)

-- What is claimed keeps its key's turn.
local function turns_claimed()
  local kept = {}
  for _, item in ipairs(call('HVALS', CLAIMED)) do
    local id, key = key_of(item)
    if key and call('HGET', TURNS, key) == id then
      kept[#kept + 1], kept[#kept + 2] = key, id
    end
  end
  return kept
end

local kept = turns > 0 and turns_claimed() or {}
call('UNLINK', READY, DELAYED, WAITING, TURNS)
for from = 1, #kept, 1000 do
  call('HSET', TURNS, unpack(kept, from, math.min(from + 999, #kept)))
end
if ARGV[2] == '1' then
  gone = gone + letters
  call('UNLINK', DEAD, DIED)
end
count('purged', gone)
save()
return gone
