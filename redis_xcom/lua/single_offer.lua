-- Put the one item into a queue that ends by itself, unless it is or was there.
-- include: keys clock ending_together
--
-- ARGV  1 time   2 ms until the queue ends (0: never)   3 envelope
-- Returns  1 it is there now, 0 it was there before, -1 this is a queue of another kind
-- Safe to repeat: whatever became of the item, its queue lasts until the end that it got at first.
-- A full server refuses the first write, and with it the whole offer.
local ttl = tonumber(ARGV[2])
call('LLEN', READY)
if not ends and call('EXISTS', unpack(KEYS)) > 0 then
  return -1
elseif ends then
  -- A removal comes first: it lets the rest of the script write on a full server. And it does
  -- write: replicas confirm the last write of a connection, and this may be its first call.
  call('HDEL', STATE, '')
  save()
  return 0
end
ends = ttl > 0 and math.floor(wall / 1000) + ttl or 0
call('RPUSH', READY, ARGV[3])
call('HSET', STATE, 'ends', digits(ends))
count('pushed', 1)
save()
end_together()
return 1
