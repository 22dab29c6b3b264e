-- Forget what waits; with ARGV[2] = '1' the dead letters too. What is claimed stays claimed.
-- include: keys clock
--
-- Returns  how many items are gone
local gone = call('LLEN', READY) + call('ZCARD', DELAYED)
local letters = call('HLEN', DEAD)
call('ZCARD', DIED)
call('UNLINK', READY, DELAYED)
if ARGV[2] == '1' then
  gone = gone + letters
  call('UNLINK', DEAD, DIED)
end
count('purged', gone)
save()
return gone
