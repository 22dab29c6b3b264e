-- One consistent look at a queue; writes nothing.
-- include: keys
--
-- Returns  {ready, claimed, claims, delayed, waiting, dead, time in ms, oldest ready item or '',
--           state...}
local time = call('TIME')
return {
  call('LLEN', READY), call('HLEN', CLAIMED), call('HLEN', CLAIMS), call('ZCARD', DELAYED),
  call('ZCARD', WAITING), call('HLEN', DEAD), math.floor(time[1] * 1000 + time[2] / 1000),
  call('LINDEX', READY, 0) or '', call('HGETALL', STATE),
}
